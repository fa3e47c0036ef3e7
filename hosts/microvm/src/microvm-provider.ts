import { ChaosError, type Clock, type Host, type HostProvider, type MadeHost, systemClock } from "@chaos-agents/core";
import { openSshHost } from "@chaos-agents/ssh";
import type { MachineDriver, RunningMachine } from "./driver.ts";
import { imageFolder, machineFolder } from "./folders.ts";
import { identityMessage, type MachineIdentity, newIdentity } from "./identity.ts";
import { buildImage } from "./image/build-image.ts";
import type { Image } from "./image/images.ts";
import { type MachineRecord, readRecord, readRecords } from "./machine-record.ts";
import { MachineRoom } from "./machine-room.ts";
import { type MicrovmSettings, type MicrovmSpec, microvmSpecSchema } from "./microvm-spec.ts";
import { linkAddress, userAddress } from "./network/link.ts";
import { openWay, type WayTo } from "./network/way.ts";
import { isAlive } from "./process-table.ts";
import { chooseAccelerator } from "./qemu/accelerator.ts";
import { qemuDriver } from "./qemu/qemu-driver.ts";
import { untilAnswered } from "./ready.ts";
import { ensureTemplate, type Template } from "./template.ts";

export interface MicrovmProviderOptions {
  /** Where machines have their folders; see `machineFolder`. */
  machines?: string;
  /** Where images are kept; see `imageFolder`. */
  images?: string;
  clock?: Clock;
}

/** Not before systemd has started everything: a service that still comes up is no service to break. */
export const bootedCommand = "systemctl is-system-running --wait";

/** Real machines with a kernel of their own, in QEMU. */
export class MicrovmProvider implements HostProvider<MicrovmSpec> {
  readonly name = "microvm";
  readonly #machines: string;
  readonly #images: string;
  readonly #clock: Clock;
  readonly #room: MachineRoom;

  constructor(options: MicrovmProviderOptions = {}) {
    this.#machines = options.machines ?? machineFolder(process.env);
    this.#images = options.images ?? imageFolder(process.env);
    this.#clock = options.clock ?? systemClock;
    this.#room = new MachineRoom(this.#machines, this.#clock, (folder) => this.#anyDriver().stop(folder));
  }

  async make(spec: MicrovmSpec, tag: string, signal: AbortSignal): Promise<MadeHost> {
    const settings = microvmSpecSchema.parse(spec);
    const image = await buildImage(settings.image, { folder: this.#images, clock: this.#clock, signal });
    const driver = await this.#driverFor(image, signal);
    const template = settings.start === "clone" ? await this.#template(settings, image, driver, tag, signal) : null;
    return this.#launch({ settings, image, driver, tag }, signal, async (record, identity, alive) => {
      const plan = await this.#room.furnish(record, image, identity);
      using machine = template
        ? await driver.restore(
            { ...plan, memoryFile: template.memory, baseDisk: { path: template.disk, format: "qcow2" } },
            { state: template.state, identity: () => identityMessage(identity, this.#clock) },
            alive,
          )
        : await driver.boot(plan, alive);
      await this.#untilReady(record, identity, machine, template ? "true" : bootedCommand, alive);
      return { id: record.id, tag, label: record.label, madeAt: record.madeAt };
    });
  }

  async connect(id: string, signal: AbortSignal): Promise<Host> {
    const record = await readRecord(this.#machines, id);
    const login = record && (await this.#room.login(id));
    if (!record || !login) {
      throw new ChaosError("target-unreachable", `there is no machine ${id}${record ? " yet: it still starts" : ""}`);
    }
    const { host, port, namespace } = login.way;
    const opened = await openSshHost(
      {
        name: record.label,
        host,
        port,
        username: "root",
        auth: { type: "key", private_key_path: login.clientKey },
        known_hosts: login.knownHosts,
        connect_seconds: 20,
        way: namespace === null ? undefined : (until) => openWay(login.way, until),
      },
      { signal, clock: this.#clock },
    );
    // Addresses repeat in every namespace.
    return { ...opened, key: id };
  }

  async list(tag?: string): Promise<MadeHost[]> {
    const records = (await readRecords(this.#machines)).filter((record) => tag === undefined || record.tag === tag);
    return records.map(({ id, tag: of, label, madeAt }) => ({ id, tag: of, label, madeAt }));
  }

  async destroy(id: string): Promise<void> {
    const record = await readRecord(this.#machines, id);
    if (record) await this.#room.leave(record);
  }

  async sweep(tag: string): Promise<MadeHost[]> {
    const swept: MadeHost[] = [];
    await this.#room.tidy();
    for (const { owner, id, label, madeAt, ...record } of await readRecords(this.#machines)) {
      if (record.tag !== tag || isAlive(owner)) continue;
      await this.destroy(id);
      swept.push({ id, tag, label, madeAt });
    }
    return swept;
  }

  /** A power cut and its end. Connections to it are lost; it is ready again when `connect` succeeds and systemd runs. */
  async powerCycle(id: string, signal: AbortSignal): Promise<void> {
    await this.#anyDriver().powerCycle(this.#room.folderOf(id), signal);
  }

  #template(settings: MicrovmSettings, image: Image, driver: MachineDriver, tag: string, signal: AbortSignal) {
    const context = { clock: this.#clock, signal };
    return ensureTemplate({ image, driver, settings }, context, (staging: Template) =>
      this.#launch(
        { settings: { ...settings, name: "template" }, image, driver, tag },
        signal,
        async (record, identity, alive) => {
          const plan = await this.#room.furnish(record, image, identity);
          using machine = await driver.bootTemplate({ ...plan, memoryFile: staging.memory, disk: staging.disk }, alive);
          await this.#untilReady(record, identity, machine, `${bootedCommand}; sync`, alive);
          await machine.park(alive);
          await machine.save(staging.state, alive);
          await this.#room.leave(record);
        },
      ),
    );
  }

  /** Makes a machine's place, and clears it again when what happens there fails. */
  async #launch<T>(
    { settings, image, driver, tag }: { settings: MicrovmSettings; image: Image; driver: MachineDriver; tag: string },
    signal: AbortSignal,
    work: (record: MachineRecord, identity: MachineIdentity, alive: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const record = await this.#room.enter(settings, image, tag, signal);
    const limit = AbortSignal.timeout(settings.ready_seconds * 1_000);
    try {
      const network = record.network.kind === "tap" ? linkAddress(record.network.link) : userAddress;
      return await work(record, newIdentity(record.label, network), AbortSignal.any([signal, limit]));
    } catch (error) {
      const console = await driver.lastWords(this.#room.folderOf(record.id));
      await this.#room.leave(record);
      if (signal.aborted || !limit.aborted) throw error;
      throw new ChaosError("deadline-passed", `${record.label} was not ready within ${settings.ready_seconds} s`, {
        remedy: "Give it longer (ready_seconds), or see what its console says",
        facts: { console },
        cause: error,
      });
    }
  }

  async #untilReady(
    record: MachineRecord,
    identity: MachineIdentity,
    machine: RunningMachine,
    command: string,
    alive: AbortSignal,
  ): Promise<void> {
    const { namespace } = record;
    const way: WayTo =
      machine.sshPort === null
        ? { host: identity.network.address, port: 22, namespace }
        : { host: "127.0.0.1", port: machine.sshPort, namespace };
    const ended = new AbortController();
    void machine.ended.then((reason) =>
      ended.abort(new ChaosError("internal", `QEMU did not keep ${record.label} running: ${reason}`)),
    );
    await untilAnswered(way, identity, command, this.#clock, AbortSignal.any([alive, ended.signal]));
    await this.#room.open(record, way, identity);
  }

  async #driverFor(image: Image, signal: AbortSignal): Promise<MachineDriver> {
    const { accelerator } = await chooseAccelerator(image, signal);
    return qemuDriver(accelerator, this.#clock);
  }

  /** For what is the same with all accelerators: to stop and to power off. */
  #anyDriver = () => qemuDriver("tcg", this.#clock);
}
