import { startPostgres } from "../servers/postgres-server.ts";
import { crashEverySkill } from "./crash-every-skill.ts";

crashEverySkill({
  label: "PostgreSQL 18",
  engine: "postgres",
  start: () => startPostgres({ version: 18 }),
});
