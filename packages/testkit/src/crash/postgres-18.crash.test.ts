import { startPostgres } from "../servers/postgres-server.ts";
import { crashEverySkill } from "./crash-every-skill.fixture.ts";

crashEverySkill({
  label: "PostgreSQL 18",
  engine: "postgres",
  start: () => startPostgres({ version: 18 }),
});
