import type { Host } from "@chaos-agents/core";
import { microvmMissing, openRoom, testImage } from "@chaos-agents/microvm/room";
import { type HostPhotograph, hostDifferences, photographHost } from "@chaos-agents/testkit";
import { type SkillContract, type Subject, skillContract } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe } from "vitest";
import { hostAgent } from "../index.ts";

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
    let room: Awaited<ReturnType<typeof openRoom>>;
    let id: string;
    let side: Host;
    const open = () => room.provider.connect(id, AbortSignal.timeout(60_000));
    const agent = hostAgent(open);
    beforeAll(async () => {
      await testImage();
      room = await openRoom();
      ({ id } = await room.provider.make({ network: "tap", isolated: true }, "skills", AbortSignal.timeout(300_000)));
      side = await open();
    }, 900_000);
    afterAll(async () => {
      await side?.[Symbol.asyncDispose]();
      await room?.[Symbol.asyncDispose]();
    }, 60_000);
    const outside = async (...argv: string[]) => {
      const { code, stdout, stderr } = await side.exec(argv);
      if (code === 0) return stdout;
      throw new Error(`${argv.join(" ")}: ${stderr}`);
    };
    body((skill, { params, felt, prepare, mayRemain, meddle }) =>
      skillContract<OnMachine>({
        agent,
        skill,
        only: whole,
        ...(mayRemain && { mayRemain }),
        ...(meddle && { meddle }),
        async subject() {
          const line = (script: string) => outside("sh", "-c", script);
          if (prepare !== undefined) await line(prepare);
          return {
            config: { hosts: [{ host: "machine", username: "root" }] },
            params,
            outside: line,
            observeEffect: () => felt(line),
            oracle: {
              photograph: () => photographHost((argv) => outside(...argv)),
              differences: hostDifferences,
              patience: 20_000,
            },
            async [Symbol.asyncDispose]() {},
          };
        },
      }),
    );
  });
}
