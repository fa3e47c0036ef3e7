import { forEachDatabase } from "@chaos-agents/testkit/vitest";
import { skillContract } from "@chaos-agents/testkit/contract";
import { beforeAll } from "vitest";
import { databaseAgent } from "../agent.ts";
import { countOf, dataSubject, makeShop } from "./data-subject.fixture.ts";

forEachDatabase((database) => {
  beforeAll(() => makeShop(database));

  skillContract({
    agent: databaseAgent,
    skill: "db.insert_load",
    where: `${database.label} [CA-20]`,
    subject: async () =>
      dataSubject(
        database,
        { rows_per_table: 150, tables: ["orders"], batch_rows: 100 },
        {
          felt: async () => (await countOf(database, "orders")) > 600,
          ignore: [/^(sequence .*orders_id_seq|auto_increment of orders)$/],
        },
      ),
    async meddle() {
      await database.admin.query(
        "UPDATE orders SET note = 'theirs' WHERE id = (SELECT * FROM (SELECT max(id) FROM orders) newest)",
      );
      return async () => (await countOf(database, "orders WHERE note = 'theirs'")) === 1;
    },
  });
});
