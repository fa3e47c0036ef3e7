/** A machine about to run, in the words every virtual machine monitor has. */
export interface MachinePlan {
  readonly id: string;
  /** Its own folder: sockets, logs, its disk. Whoever knows the folder finds the machine's process. */
  readonly folder: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** What its own disk starts as; never written to. A monitor may write to a disk of the machine's only. */
  readonly baseDisk: { readonly path: string; readonly format: "raw" | "qcow2" };
  readonly disk: string;
  readonly memoryMb: number;
  readonly network: { readonly kind: "user" } | { readonly kind: "tap"; readonly device: string };
  /** The network namespace that it, and its TAP, live in; null for ours. */
  readonly namespace: string | null;
  /** Whether it is a template or is made from one: then its memory begins in this file, and it has a port for its identity. */
  readonly memoryFile: string | null;
}

export interface RunningMachine extends Disposable {
  /** The port on 127.0.0.1, in its namespace, that leads to its sshd; null where it has an address. */
  readonly sshPort: number | null;
  /** Settles, with the reason, when it ends without us. */
  readonly ended: Promise<string>;
}

/** Can be kept once its guest waits for an identity. */
export interface RunningTemplate extends RunningMachine {
  /** Nobody can log in from here on. */
  park(signal: AbortSignal): Promise<void>;
  /** Writes all of its state but memory and disk, which are in their files already, and ends it. */
  save(state: string, signal: AbortSignal): Promise<void>;
}

/** A virtual machine monitor. Disposing of a running machine only lets go of it; `stop` ends it. */
export interface MachineDriver {
  readonly name: string;
  /** Differs wherever a template of one monitor could not be used by the other. */
  version(signal: AbortSignal): Promise<string>;
  boot(plan: MachinePlan, signal: AbortSignal): Promise<RunningMachine>;
  bootTemplate(plan: MachinePlan & { memoryFile: string }, signal: AbortSignal): Promise<RunningTemplate>;
  /** Wakes a copy of the template and hands its guest the lines it asks for when it is awake. */
  restore(
    plan: MachinePlan & { memoryFile: string },
    from: { state: string; identity: () => string },
    signal: AbortSignal,
  ): Promise<RunningMachine>;
  /** As if somebody pulled the plug and put it back: what the guest had not written to its disk is lost. */
  powerCycle(folder: string, signal: AbortSignal): Promise<void>;
  /** Ends whatever runs for this folder, by whomever it was started. Nothing when nothing does. */
  stop(folder: string): Promise<void>;
  /** The last lines its guest wrote to its console, for errors. */
  lastWords(folder: string): Promise<string>;
}
