import { mariadbMissing, startMariadb } from "../servers/mariadb-server.ts";
import { crashEverySkill } from "./crash-every-skill.fixture.ts";

crashEverySkill({
  label: "MariaDB",
  engine: "mysql",
  missing: mariadbMissing(),
  start: () => startMariadb(),
  sample: 12,
});
