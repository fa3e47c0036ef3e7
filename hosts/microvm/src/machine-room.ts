import { createHash, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "@chaos-agents/core";
import type { MachinePlan } from "./driver.ts";
import { takeTurn } from "./file-lock.ts";
import { identityArchive, type MachineIdentity } from "./identity.ts";
import type { Image } from "./image/images.ts";
import {
  type MachineRecord,
  readRecords,
  removeRecord,
  removeUnfinished,
  type Stop,
  writeRecord,
} from "./machine-record.ts";
import type { MicrovmSettings } from "./microvm-spec.ts";
import { freeLink, makeNamespace, makeTap, removeNamespace, removeTap } from "./network/link.ts";
import type { WayTo } from "./network/way.ts";
import { identify } from "./process-table.ts";

/** What a machine keeps in its folder, besides its monitor's own. */
const filesIn = (folder: string) => ({
  disk: join(folder, "disk.qcow2"),
  initramfs: join(folder, "initramfs"),
  clientKey: join(folder, "client-key"),
  knownHosts: join(folder, "known-hosts"),
  way: join(folder, "way.json"),
});

/** How to log in to a machine that is ready. */
export interface Login {
  readonly way: WayTo;
  readonly clientKey: string;
  readonly knownHosts: string;
}

/** The folder of all machines: what each has is written there before it is made, and gone before it is removed. */
export class MachineRoom {
  readonly #root: string;
  readonly #clock: Clock;
  readonly #stop: Stop;

  constructor(root: string, clock: Clock, stop: Stop) {
    this.#root = root;
    this.#clock = clock;
    this.#stop = stop;
  }

  folderOf = (id: string): string => join(this.#root, id);

  /** Takes a number and a place in the books, then makes its network. */
  async enter(settings: MicrovmSettings, image: Image, tag: string, signal: AbortSignal): Promise<MachineRecord> {
    const id = `vm-${randomBytes(4).toString("hex")}`;
    const namespace = settings.isolated ? namespaceOf(this.#root, tag) : null;
    let record: MachineRecord;
    {
      using _turn = await this.#turn(signal);
      await removeUnfinished(this.#root, this.#stop);
      const others = (await readRecords(this.#root)).filter((one) => one.namespace === namespace);
      const links = new Set(others.flatMap(({ network }) => (network.kind === "tap" ? [network.link] : [])));
      record = {
        id,
        tag,
        label: settings.name ?? id,
        madeAt: this.#clock.now(),
        owner: identify(process.pid)!,
        image: image.id,
        memoryMb: settings.memory_mb,
        namespace,
        network:
          settings.network === "tap"
            ? { kind: "tap", device: `chaosvm${id.slice(3)}`, link: freeLink(links, namespace) }
            : { kind: "user" },
      };
      await writeRecord(this.#root, record);
      if (namespace !== null) await makeNamespace(namespace, signal);
    }
    const { network } = record;
    if (network.kind === "tap") await makeTap(network.device, network.link, namespace, signal);
    return record;
  }

  /** Everything in its folder that its monitor needs. */
  async furnish(record: MachineRecord, image: Image, identity: MachineIdentity): Promise<MachinePlan> {
    const folder = this.folderOf(record.id);
    const files = filesIn(folder);
    const initramfs = await readFile(join(image.folder, "initramfs"));
    await writeFile(files.initramfs, Buffer.concat([initramfs, identityArchive(identity)]), { mode: 0o600 });
    await writeFile(files.clientKey, identity.clientKey.private, { mode: 0o600 });
    return {
      id: record.id,
      folder,
      kernel: join(image.folder, "kernel"),
      initramfs: files.initramfs,
      baseDisk: { path: join(image.folder, "disk"), format: "raw" },
      disk: files.disk,
      memoryMb: record.memoryMb,
      network: record.network,
      namespace: record.namespace,
      memoryFile: null,
    };
  }

  /** From here on it can be connected to. */
  async open(record: MachineRecord, way: WayTo, identity: MachineIdentity): Promise<void> {
    const files = filesIn(this.folderOf(record.id));
    const name = way.port === 22 ? way.host : `[${way.host}]:${way.port}`;
    const [type, key] = identity.hostKey.public.split(" ");
    await writeFile(files.knownHosts, `${name} ${type} ${key}\n`);
    await writeFile(files.way, JSON.stringify(way));
  }

  /** Undefined while it is not ready. */
  async login(id: string): Promise<Login | undefined> {
    const { way, clientKey, knownHosts } = filesIn(this.folderOf(id));
    const text = await readFile(way, "utf8").catch(() => undefined);
    return text === undefined ? undefined : { way: JSON.parse(text) as WayTo, clientKey, knownHosts };
  }

  /** Ends it and takes back all it has; the books last. */
  async leave(record: MachineRecord): Promise<void> {
    await this.#stop(this.folderOf(record.id));
    if (record.network.kind === "tap") await removeTap(record.network.device, record.namespace);
    using _turn = await this.#turn(AbortSignal.timeout(60_000));
    const others = (await readRecords(this.#root)).filter(({ id }) => id !== record.id);
    if (record.namespace !== null && !others.some(({ namespace }) => namespace === record.namespace)) {
      await removeNamespace(record.namespace);
    }
    await removeRecord(this.#root, record.id, this.#stop);
  }

  /** Finishes what was cut off while it was written or removed. */
  async tidy(): Promise<void> {
    using _turn = await this.#turn(AbortSignal.timeout(60_000));
    await removeUnfinished(this.#root, this.#stop);
  }

  #turn = (signal: AbortSignal) => takeTurn(join(this.#root, ".turn"), this.#clock, signal);
}

/** The same for all machines of a tag, whoever makes them; not the same for the same tag in another room. */
export function namespaceOf(root: string, tag: string): string {
  const hash = createHash("sha256").update(`${root}\0${tag}`).digest("hex");
  return `chaos-${hash.slice(0, 12)}`;
}
