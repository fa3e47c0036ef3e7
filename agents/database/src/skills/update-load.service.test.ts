import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { skillContract } from "@chaos-agents/testkit/contract";
import { beforeAll } from "vitest";
import { databaseAgent } from "../agent.ts";
import { countOf, dataSubject, makeShop } from "./data-subject.fixture.ts";

forEachDatabase((database) => {
  beforeAll(() => makeShop(database));

  skillContract({
    agent: databaseAgent,
    skill: "db.update_load",
    where: `${database.label} [CA-21]`,
    subject: async () =>
      dataSubject(
        database,
        { rows: 150, tables: ["orders"], batch_rows: 100 },
        {
          felt: async () =>
            (await countOf(
              database,
              "orders WHERE total <> id + 0.25 OR placed <> '2025-01-01 10:00:00' OR paid <> (id % 2 = 0)",
            )) > 0,
        },
      ),
    async meddle() {
      await database.admin.query("UPDATE orders SET note = 'theirs', code = NULL");
      return async () => (await countOf(database, "orders WHERE note = 'theirs'")) === 600;
    },
  });
});
