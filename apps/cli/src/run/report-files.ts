import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "@chaos-agents/core";
import { foldRun, renderHtml, renderJson, renderJunit } from "@chaos-agents/report";

/** Writes a run's report into a folder in every form that is for keeping; returns the path of the one for people. */
export async function writeReports(events: readonly Event[], folder: string): Promise<string> {
  const report = foldRun(events);
  const html = join(folder, "report.html");
  await Promise.all([
    writeFile(html, renderHtml(report)),
    writeFile(join(folder, "report.json"), renderJson(report)),
    writeFile(join(folder, "junit.xml"), renderJunit(report)),
    writeFile(join(folder, "events.ndjson"), events.map((event) => `${JSON.stringify(event)}\n`).join("")),
  ]);
  return html;
}

/** A folder of its own for each experiment of several: `2-checkout-under-load`. */
export function folderName(index: number, name: string): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
  return `${index + 1}${plain === "" ? "" : `-${plain.slice(0, 60)}`}`;
}
