import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import {
  chooseProcesses,
  listProcesses,
  nameProcesses,
  pairs,
  processParams,
  processWords,
  sayWhich,
  saysWhich,
  signalEach,
} from "../survey-processes.ts";

const countStopped = `${processWords}
  there=0 stopped=0
  while [ $# -gt 1 ]; do
    if [ "$(start_of "$1")" = "$2" ]; then
      there=$((there + 1))
      case $(state_of "$1") in [Tt]) stopped=$((stopped + 1)) ;; esac
    fi
    shift 2
  done`;

export const processPause = defineHostSkill({
  name: "server.process_pause",
  summary: "Stop processes where they stand, and let them go on later",
  effect: "They keep their connections, locks and ports, but answer nobody: clients wait instead of being refused.",
  reversal: "exact",
  reversalNote:
    "Each process goes on where it stood. What gave up on it meanwhile stays so: clients that timed out, a systemd watchdog that ended it.",
  params: z.strictObject(processParams).refine(saysWhich, sayWhich),
  example: { name: "postgres", count: "all" },

  async resolve(host, wanted, context) {
    const chosen = (await chooseProcesses(host, wanted, context)).filter(({ state }) => !/[Tt]/.test(state));
    if (chosen.length === 0) return [];
    return [
      {
        key: "processes",
        label: `pause ${nameProcesses(chosen)}`,
        undoLabel: `let ${nameProcesses(chosen)} go on`,
        cost: { services: new Set(chosen.map(({ unit }) => unit).filter(Boolean)).size },
        data: { processes: chosen.map(({ pid, start, name }) => ({ pid, start, name })) },
      },
    ];
  },

  async *changes(host, { processes }, { signal }) {
    // what somebody else has stopped is theirs to continue
    const running = new Set(
      (await listProcesses(host, signal)).all
        .filter(({ state }) => !/[Tt]/.test(state))
        .map(({ pid, start }) => `${pid} ${start}`),
    );
    const values = pairs(processes.filter(({ pid, start }) => running.has(`${pid} ${start}`)));
    yield {
      asBefore: sh(`${countStopped}; [ $stopped -eq 0 ]`, ...values),
      isOurs: ["true"],
      putBack: sh(signalEach, "CONT", ...values),
      act: sh(signalEach, "STOP", ...values),
    };
  },

  async witness(host, { processes }, { signal, clock }) {
    for (const until = clock.monotonic() + 3_000; ; await clock.sleep(100, signal)) {
      const [there, stopped] = (
        await host.look(sh(`${countStopped}; echo $there $stopped`, ...pairs(processes)), signal)
      )
        .split(" ")
        .map(Number) as [number, number];
      const detail = `${stopped} of ${processes.length} processes stand still`;
      if (there > 0 && stopped === there) return { landed: true, detail };
      if (clock.monotonic() > until) return { landed: false, detail };
    }
  },
});
