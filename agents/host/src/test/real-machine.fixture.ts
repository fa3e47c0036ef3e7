import { type Host, systemClock } from "@chaos-agents/core";
import { microvmMissing, openRoom, testImage } from "@chaos-agents/microvm/room";
import { type HostPhotograph, hostDifferences, photographHost } from "@chaos-agents/testkit";
import type { Oracle } from "@chaos-agents/testkit/contract";

export { microvmMissing };

/** Not asked for points: what takes minutes on an emulated machine is left to the long suite. */
export const isSample = process.env["CRASH_POINTS"] === undefined;

const soon = () => AbortSignal.timeout(300_000);
type Room = Awaited<ReturnType<typeof openRoom>>;

/** A machine with systemd and a kernel of its own, and a look at it that outlives its reboots. */
export class RealMachine implements AsyncDisposable {
  readonly room: Room;
  readonly id: string;
  #side: Host | undefined;

  private constructor(room: Room, id: string) {
    this.room = room;
    this.id = id;
  }

  /** `boot`: one that is the same again after a reboot; a clone has something of its template then. */
  static async open(start: "boot" | "clone" = "clone"): Promise<RealMachine> {
    await testImage();
    const room = await openRoom();
    try {
      const { id } = await room.provider.make({ network: "tap", isolated: true, start }, "skills", soon());
      return new RealMachine(room, id);
    } catch (error) {
      await room[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A new login. */
  readonly login = (signal: AbortSignal = AbortSignal.timeout(60_000)): Promise<Host> =>
    this.room.provider.connect(this.id, signal);

  /** Looks at the machine through a login of its own; once it is back, where it is away. */
  readonly outside = async (...argv: string[]): Promise<string> => {
    const { code, stdout, stderr } = await this.#whenThere((host) => host.exec(argv));
    if (code === 0) return stdout;
    throw new Error(`${argv.join(" ")}: ${stderr}`);
  };

  readonly line = (script: string): Promise<string> => this.outside("sh", "-c", script);

  readonly photograph = (): Promise<HostPhotograph> => photographHost((argv) => this.outside(...argv));

  /** What the time since boot has to do with the clock is another after every boot. */
  readonly differences = (before: HostPhotograph, after: HostPhotograph): string[] =>
    hostDifferences(before, after).filter((line) => !line.startsWith("clock:"));

  readonly oracle: Oracle<HostPhotograph> = {
    photograph: this.photograph,
    differences: hostDifferences,
    patience: 20_000,
  };

  /** Pulls the plug and puts it back, and waits until everything has started. */
  async cutPower(): Promise<void> {
    await this.room.provider.powerCycle(this.id, soon());
    await this.#anew();
  }

  async reboot(): Promise<void> {
    const boot = await this.line("cat /proc/sys/kernel/random/boot_id");
    await this.line("systemctl reboot 2>&1");
    while ((await this.line("cat /proc/sys/kernel/random/boot_id")) === boot) await systemClock.sleep(100, soon());
    await this.#anew();
  }

  async #anew(): Promise<void> {
    await this.#side?.[Symbol.asyncDispose]();
    this.#side = undefined;
    await this.line("systemctl is-system-running --wait || :");
  }

  async #whenThere<T>(look: (host: Host) => Promise<T>): Promise<T> {
    const limit = soon();
    for (;;) {
      try {
        this.#side ??= await this.login(limit);
        return await look(this.#side);
      } catch (error) {
        if ((error as { code?: string }).code !== "target-unreachable") throw error;
        await this.#side?.[Symbol.asyncDispose]();
        this.#side = undefined;
        await systemClock.sleep(50, limit);
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#side?.[Symbol.asyncDispose]();
    await this.room[Symbol.asyncDispose]();
  }
}
