import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const observability = fileURLToPath(new URL("../../../../docs/observability", import.meta.url));

export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { refId: string; expr: string; datasource: unknown }[];
}

export async function readDashboard(): Promise<any> {
  return JSON.parse(await readFile(join(observability, "grafana-dashboard.json"), "utf8"));
}

export async function dashboardQueries(): Promise<string[]> {
  const { panels } = (await readDashboard()) as { panels: Panel[] };
  return panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
}
