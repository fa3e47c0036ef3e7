import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dashboardQueries, observability, type Panel, readDashboard } from "./dashboard.fixture.ts";
import { Instruments } from "./instruments.ts";

/** Every series name that a scrape can have of ours. */
async function seriesNames(): Promise<Set<string>> {
  const metrics = await new Instruments().registry.getMetricsAsJSON();
  const parts = ["_bucket", "_sum", "_count"];
  return new Set(
    metrics.flatMap(({ name, type }) =>
      String(type) === "histogram" ? parts.map((part) => `${name}${part}`) : [name],
    ),
  );
}

test("[CA-52] the dashboard and the alert rules ask for metrics that there are", async () => {
  const rules = await readFile(join(observability, "chaos_alerts.yml"), "utf8");
  const asked = [...(await dashboardQueries()), rules].join("\n").match(/\bchaos_[a-z_]+/g)!;
  const there = await seriesNames();
  for (const name of asked) expect(there).toContain(name);
  expect(new Set(asked).size).toBeGreaterThan(15);
});

test("the dashboard can be imported: ids of their own, nothing on top of another, one datasource for all", async () => {
  const { panels, templating, uid, schemaVersion } = await readDashboard();
  expect({ uid, schemaVersion }).toEqual({ uid: "chaos-agents", schemaVersion: 39 });
  expect(new Set(panels.map(({ id }: Panel) => id)).size).toBe(panels.length);
  expect(templating.list.map(({ name }: { name: string }) => name)).toEqual(["datasource", "instance"]);
  const taken = new Set<string>();
  for (const { title, gridPos, targets = [] } of panels as Panel[]) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken, title).not.toContain(`${x},${y}`);
        taken.add(`${x},${y}`);
      }
    }
    for (const target of targets)
      expect(target.datasource, title).toEqual({ type: "prometheus", uid: "${datasource}" });
  }
});
