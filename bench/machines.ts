import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MadeHost } from "@chaos-agents/core";
import { MicrovmProvider } from "@chaos-agents/microvm";

export const run = promisify(execFile);
const soon = () => AbortSignal.timeout(300_000);
const tag = "bench";

/** Where the machines of a benchmark are: in a network of their own, gone with everything in it at the end. */
export class Machines implements AsyncDisposable {
  readonly folder: string;
  readonly provider: MicrovmProvider;

  constructor(home: string) {
    this.folder = join(home, "vms");
    this.provider = new MicrovmProvider({ machines: this.folder });
  }

  make(start: "boot" | "clone"): Promise<MadeHost> {
    return this.provider.make({ start, network: "tap", isolated: true }, tag, soon());
  }

  connect(id: string) {
    return this.provider.connect(id, soon());
  }

  /** Where it is, seen from outside of the product. */
  async placeOf(id: string): Promise<{ namespace: string; address: string; pid: number; login: string; keys: string }> {
    const folder = join(this.folder, id);
    const { namespace, network } = JSON.parse(await readFile(join(folder, "record.json"), "utf8"));
    const pid = Number(await readFile(join(folder, "qemu.pid"), "utf8"));
    const [login, keys] = [join(folder, "client-key"), join(folder, "known-hosts")];
    return { namespace, address: `172.16.${network.link}.2`, pid, login, keys };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { id } of await this.provider.list()) await this.provider.destroy(id);
  }
}
