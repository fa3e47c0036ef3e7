import type { Mark, UndoResult } from "@chaos-agents/core";
import { runnerArgv } from "./runner/runner.ts";
import type { Machine, Servers } from "./target.ts";

/** What of ours is on the hosts, whatever our journal says: runs with ways back kept, and processes with our mark. */
export async function hostMarks(servers: Servers, signal: AbortSignal): Promise<Mark[]> {
  const all = [...servers.machines.values()].map((machine) => marksOf(machine, signal));
  return (await Promise.all(all)).flat();
}

async function marksOf(machine: Machine, signal: AbortSignal): Promise<Mark[]> {
  const host = await machine.host(signal);
  const { stdout } = await host.exec(runnerArgv("marks"), { root: true, signal, timeout: 30_000 });
  const lines = stdout.split("\n").map((line) => line.split("\t"));
  const kept = Map.groupBy(
    lines.filter(([kind]) => kind === "run"),
    ([, run]) => run!,
  );
  const marks: Mark[] = [...kept.keys()].map((run) => {
    const undos = lines.filter(([kind, of]) => kind === "undo" && of === run).length;
    return {
      key: `${machine.key} run ${run}`,
      detail: `${machine.key}: ${undos} ${undos === 1 ? "change" : "changes"} of run ${run} to put back`,
      run,
      remove: (signal) => heal(machine, run, signal),
    };
  });
  for (const [kind, pid, mark = "", command = ""] of lines) {
    const run = /^CHAOS_(?:MARK|FAULT)=chaos\/([^/]+)\//.exec(mark)?.[1];
    if (kind !== "process" || run === undefined || kept.has(run)) continue;
    marks.push({
      key: `${machine.key} process ${pid}`,
      detail: `${machine.key}: process ${pid} of run ${run}: ${command.trim().slice(0, 80)}`,
      run,
      remove: (signal) => heal(machine, run, signal),
    });
  }
  return marks;
}

/** Puts back all that a run left on a host, from the records it keeps there. */
async function heal(machine: Machine, run: string, signal: AbortSignal): Promise<UndoResult> {
  const host = await machine.host(signal);
  const { code, stdout, stderr } = await host.exec(runnerArgv("heal", run), { root: true, signal });
  if (code === 0) return { outcome: "undone", detail: `${machine.key} is as it was before run ${run}` };
  const why = (stdout.trim() || stderr.trim()).split("\n").at(-1);
  return { outcome: "failed", detail: `${machine.key}: ${why}` };
}
