/** How the way in reaches a host, so that no fault of ours cuts it: addresses as the host sees them. */
export interface WayIn {
  /** Where we come from. */
  readonly peer: string;
  /** Where the host answers us. */
  readonly address: string;
  readonly port: number;
}

export interface ExecOptions {
  /** Bytes for its standard input, which is closed after them; closed at once when left out. */
  stdin?: string | Uint8Array;
  /** Milliseconds it may run; two minutes when left out. Then it is ended, and `deadline-passed` thrown. */
  timeout?: number;
  /** Ends it; the promise then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** As root: by sudo, without a terminal, where we are not root already. */
  root?: boolean;
  /** Its output as it comes; what is handed on here is not collected. */
  onOutput?: (chunk: Uint8Array, stream: "stdout" | "stderr") => void;
}

/** How a command ended by itself. Exactly one of `code` and `killedBy` is set. */
export interface ExecResult {
  code: number | null;
  /** The signal's name: `SIGKILL`. */
  killedBy: string | null;
  /** At most 8 MiB are collected, and then `deadline-passed` is not what happens: it is ended, with `internal`. */
  stdout: string;
  stderr: string;
}

/** Which machine this is, and which of its lives: the boot id changes with every boot. */
export interface HostIdentity {
  readonly machine: string;
  readonly boot: string;
}

/**
 * Any Linux machine we can run commands on, however it is reached. Commands are argv: no shell reads them but one that
 * is named in them. A connection that is gone rejects with `target-unreachable`.
 */
export interface Host extends AsyncDisposable {
  /** For people, without secrets: `web-1 (10.0.1.50)`. */
  readonly label: string;
  /** Stable over reconnects, unique in its experiment: `10.0.1.50:22`. */
  readonly key: string;
  readonly identity: HostIdentity;
  readonly survey: HostSurvey;
  /** Null where we come in by no network of the host's. */
  readonly wayIn: WayIn | null;
  /** Settles, with the reason, when the connection ends without us having closed it. */
  readonly lost: Promise<string>;
  /** Runs a command to its end, whatever its exit code. */
  exec(argv: readonly string[], options?: ExecOptions): Promise<ExecResult>;
  read(path: string, options?: Pick<ExecOptions, "signal" | "root">): Promise<Uint8Array>;
  /** Whole or not at all: written beside it, synced, renamed. `mode` as in chmod; 0600 when left out. */
  write(
    path: string,
    content: string | Uint8Array,
    options?: Pick<ExecOptions, "signal" | "root"> & { mode?: number },
  ): Promise<void>;
  /** A local file, streamed. Whole or not at all. */
  upload(
    local: string,
    path: string,
    options?: Pick<ExecOptions, "signal" | "root"> & { mode?: number },
  ): Promise<void>;
}

/** What a host can do, and what it shares with others, as found by looking at it. */
export interface HostSurvey {
  /** `Debian GNU/Linux 12 (bookworm)`, `Linux 6.1.0-25-cloud-amd64`. */
  readonly system: string;
  readonly kernel: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** How we become root: we are, sudo without a password or with the one we have, or not at all. */
  readonly root: "root" | "sudo" | "none";
  /** Runs systemd as its first process. */
  readonly systemd: boolean;
  readonly cgroup: 1 | 2 | null;
  /** `docker`, `lxc`, `kvm`, `qemu`…, as systemd-detect-virt names them; null on bare metal or where nothing tells. */
  readonly virtualization: string | null;
  /** A container shares clock and kernel settings with its machine. */
  readonly container: boolean;
  /** Which of the commands we may need are there, by name. */
  readonly commands: ReadonlySet<string>;
  /** Kernel features found or loadable: `netem`, `nf_tables`. */
  readonly kernelFeatures: ReadonlySet<string>;
}

/** A host a provider made, and marked as ours. */
export interface MadeHost {
  readonly id: string;
  readonly tag: string;
  readonly label: string;
  /** Unix time in milliseconds. */
  readonly madeAt: number;
}

/** Makes hosts to throw away. What it makes carries its tag, so that `sweep` finds it without us remembering it. */
export interface HostProvider<Spec = unknown> {
  readonly name: string;
  /** Ready when it answers: no sleeps. Leaves nothing when it fails or is aborted. */
  make(spec: Spec, tag: string, signal: AbortSignal): Promise<MadeHost>;
  connect(id: string, signal: AbortSignal): Promise<Host>;
  list(tag?: string): Promise<MadeHost[]>;
  /** Ends it and removes all it had; nothing when it is gone already. */
  destroy(id: string): Promise<void>;
  /** Destroys what carries the tag and belongs to no living process of ours; answers what it destroyed. */
  sweep(tag: string): Promise<MadeHost[]>;
}
