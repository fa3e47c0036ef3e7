import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { eventsOf } from "./chaos.ts";
import { shopFile, withShop } from "./shop.ts";

const reads = /^(select|with|show|set|begin|start transaction|commit|rollback)\b/i;
const changes = /\b(insert\s+into|update\s+\S+\s+set|delete\s+from|for\s+(no\s+key\s+)?update|for\s+share)\b/i;
const acts = /\b(pg_terminate_backend|pg_cancel_backend|pg_reload_conf|pg_(try_)?advisory\w+|nextval|setval)\s*\(/i;

/** The parts of what was sent that could change something on the server, beyond the session that sent it. */
function writesOf(sql: string): string[] {
  const bare = sql.replaceAll(/'(?:[^']|'')*'/g, "''");
  const parts = bare
    .split(";")
    .map((part) => part.trim())
    .filter(Boolean);
  return parts.filter((part) => !reads.test(part) || changes.test(part) || acts.test(part));
}

withShop((shop, statements) => {
  test("[CA-03] a dry run shows what would be touched and how it is undone, and the server sees only reads", async () => {
    await using playground = await shop.playground(shopFile({ shop: { duration: "1h" } }));
    const before = (await statements()).length;
    const { code, stdout, stderr } = await playground.run(["run", "shop.yaml", "--dry-run"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const part of ["public.orders", "insert 200 rows into public.customers", "undo: ", "2 tables, 200 rows"]) {
      expect(stdout).toContain(part);
    }
    const ours = (await statements()).slice(before).filter(({ application }) => application?.startsWith("chaos/"));
    expect(ours.length).toBeGreaterThan(5);
    expect(ours.flatMap(({ sql }) => writesOf(sql))).toEqual([]);
    await shop.expectWhole();
    expect(existsSync(playground.home)).toBe(false);
  });

  test("with --json events stand on stdout and words on stderr", async () => {
    await using playground = await shop.playground(shopFile({ shop: { duration: "1h" } }));
    const { code, stdout, stderr } = await playground.run(["run", "shop.yaml", "--dry-run", "--json"]);
    expect(code).toBe(0);
    const types = eventsOf(stdout).map(({ type }) => type);
    expect(types[0]).toBe("run-started");
    expect(types).toContain("planned");
    expect(types.at(-1)).toBe("run-finished");
    expect(stderr).toContain("public.orders");
  });

  test("a plan of more than blast_radius allows is refused as config", async () => {
    const more = "    blast_radius: { rows: 100 }\n";
    await using playground = await shop.playground(shopFile({ shop: { duration: "1h", more } }));
    const { code, stdout } = await playground.run(["run", "shop.yaml", "--dry-run"]);
    expect(stdout).toContain("asks for 200 rows, the blast_radius allows 100");
    expect(code).toBe(2);
  });
});
