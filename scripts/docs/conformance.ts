import type { Conformance } from "../../packages/testkit/src/ci-reporter.ts";
import { generatedBy, page, table } from "./markdown.ts";

/** What is promised so far, in the order of the ids. */
const items: Record<string, string> = {
  "CA-01": "`chaos list-skills`: all, or those of one kind of target by any of its names; other names are refused",
  "CA-02": "`chaos run` with the shipped example files; the files of the first documents validate unchanged",
  "CA-03": "`chaos run --dry-run` connects, discovers and plans, and executes nothing",
  "CA-04": "`chaos validate` for experiment, daemon and planner files",
  "CA-07": "the keys of an experiment, each of them obeyed",
  "CA-08": "a database's `target_config`: URL, type, schemas",
  "CA-09": "a cluster's `target_config`: namespace, labels, kubeconfig, context; what a skill says goes before it",
  "CA-10": "a server's `target_config`: hosts with key or password, discovery with excluded services",
  "CA-20": "`db.insert_load`, undone by deleting exactly its rows",
  "CA-21": "`db.update_load`, undone by putting the originals back",
  "CA-22": "`db.select_load`, with nothing to put back",
  "CA-23": "`db.config_change`, undone by the old value, or a reset where there was none",
  "CA-24": "`k8s.pod_kill`, undone by waiting until what replaces it is ready",
  "CA-25": "`k8s.node_drain`, undone by opening the nodes it closed",
  "CA-26": "`k8s.network_chaos`, undone by deleting its policy",
  "CA-27": "`k8s.resource_stress`, undone by deleting its pods",
  "CA-28": "`server.disk_fill`, undone by removing its file",
  "CA-29": "`server.permission_change`, undone by the modes there were",
  "CA-30": "`server.service_stop`, undone by starting what it stopped, dependents too",
  "CA-31": "`server.cpu_stress`, undone by ending its workers",
  "CA-32": "`server.memory_stress`, undone by ending its workers",
  "CA-40": "discover, plan, execute, observe, roll back; events as they happen; the last change is undone first",
  "CA-41": "undo records outlive a crash, and are replayed afterwards",
  "CA-42": "`install.sh` with `VERSION` and `INSTALL_DIR`; `make build`",
  "CA-53": "a steady state that the run checks by itself",
};

const nothing = { passed: 0, failed: 0, skipped: 0, files: [] };

function add(all: readonly Conformance[], id: string): Conformance[string] {
  const found = all.flatMap((one) => one[id] ?? []);
  const sum = (key: "passed" | "failed" | "skipped") => found.reduce((total, one) => total + one[key], 0);
  const files = [...new Set(found.flatMap((one) => one.files))].sort();
  return { ...nothing, passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), files };
}

function result({ passed, failed, skipped }: Conformance[string]): string {
  if (failed > 0) return `**${failed} failed**, ${passed} passed`;
  if (passed === 0) return skipped > 0 ? `**only skipped** (${skipped})` : "**no test**";
  return skipped > 0 ? `passed, ${skipped} skipped` : "passed";
}

/** The table of what tests have shown, from what their runs wrote down. */
export function conformancePage(runs: readonly Conformance[]): string {
  const rows = Object.entries(items).map(([id, words]) => {
    const one = add(runs, id);
    const files = one.files.map((file) => `[${file.split("/").at(-1)}](../${file})`).join(", ");
    return [id, words, one.passed + one.failed + one.skipped, result(one), files];
  });
  const others = [...new Set(runs.flatMap((run) => Object.keys(run)))].filter((id) => !(id in items)).sort();
  return page(
    generatedBy("node scripts/generate-docs.ts --conformance RESULTS.json"),
    "# Conformance",
    `Each item has an id. A test that proves it has the id in its name: \`[CA-12] …\`. This table is made from the tests that
ran, not by hand: \`CHAOS_CONFORMANCE=RESULTS.json make test\`, then \`node scripts/generate-docs.ts --conformance RESULTS.json\`.`,
    table(["id", "item", "tests", "result", "where"], rows),
    ...(others.length > 0
      ? [
          `Not due yet, but named by tests of what is there already (most of them: that files validate): ${others.join(", ")}.`,
        ]
      : []),
  );
}
