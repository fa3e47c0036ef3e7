import type { HostPhotograph } from "@chaos-agents/testkit";
import { type SkillContract, type Subject, skillContract } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe } from "vitest";
import { hostAgent } from "../index.ts";
import { RealMachine, microvmMissing } from "./real-machine.fixture.ts";

export interface OnMachine extends Subject<HostPhotograph> {
  /** A shell line on the machine, over a login of its own. */
  outside: (script: string) => Promise<string>;
}

interface Use {
  params: Record<string, unknown>;
  felt: (outside: OnMachine["outside"]) => Promise<boolean>;
  prepare?: string;
  /** Longer than the usual two minutes. */
  mayRemain?: RegExp;
  meddle?: SkillContract<OnMachine>["meddle"];
}

/** The promises that a run as users start it keeps; the rest is held to on quicker hosts. */
const whole = /^it lands, is felt outside|^what somebody else changed/;

/** Skills on a real machine: systemd, a kernel of its own, netem. All of a file share one machine. */
export function onMachine(name: string, body: (skill: (name: string, use: Use) => void) => void): void {
  const missing = microvmMissing();
  describe.skipIf(missing)(`${name}, on a real machine${missing ? `: ${missing}` : ""}`, { timeout: 240_000 }, () => {
    let machine: RealMachine;
    const agent = hostAgent((_login, _config, { signal }) => machine.login(signal));
    beforeAll(async () => void (machine = await RealMachine.open()), 900_000);
    afterAll(() => machine?.[Symbol.asyncDispose](), 60_000);
    body((skill, { params, felt, prepare, mayRemain, meddle }) =>
      skillContract<OnMachine>({
        agent,
        skill,
        only: whole,
        ...(mayRemain && { mayRemain }),
        ...(meddle && { meddle }),
        async subject() {
          const { line, oracle } = machine;
          if (prepare !== undefined) await line(prepare);
          return {
            config: { hosts: [{ host: "machine", username: "root" }] },
            params,
            outside: line,
            observeEffect: () => felt(line),
            oracle,
            async [Symbol.asyncDispose]() {},
          };
        },
      }),
    );
  });
}
