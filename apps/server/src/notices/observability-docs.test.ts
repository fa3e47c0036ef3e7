import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { Instruments } from "../metrics/instruments.ts";
import { noticeVariables } from "./notice-settings.ts";

test("docs/observability.md has every metric with its type and labels, and every variable", async () => {
  const docs = await readFile(new URL("../../../../docs/observability.md", import.meta.url), "utf8");
  const table = docs.match(/^\| `chaos_.*$/gm)!.map((row) => row.split("|").map((cell) => cell.trim()));
  const metrics = new Instruments().registry.getMetricsAsArray();
  const there = metrics.map(({ name, type, labelNames }: any) => `\`${name}\`|${type}|${labelNames.join(", ")}`);
  expect(table.map(([, ...cells]) => cells.slice(0, 3).join("|")).sort()).toEqual(there.sort());
  for (const name of noticeVariables) expect(docs).toContain(`\`${name}\``);
});
