import type { Clock, ConnectContext, Discovery, Mark, Target } from "@chaos-agents/core";
import { Api, isStatus } from "./api.ts";
import type { KubernetesConfig } from "./config.ts";
import { discoverCluster } from "./discovery.ts";
import { LeaseJob } from "./lease-job.ts";
import { ReadinessLooks } from "./readiness.ts";
import { clusterMarks } from "./sweep.ts";

/** A cluster as its skills see it. */
export class Cluster implements Target {
  readonly label: string;
  readonly config: KubernetesConfig;
  readonly api: Api;
  readonly identity: Readonly<Record<string, string>>;
  readonly readiness: ReadinessLooks;
  readonly #clock: Clock;
  readonly #leases = new Map<string, LeaseJob>();

  private constructor(config: KubernetesConfig, api: Api, clock: Clock, identity: Record<string, string>) {
    this.config = config;
    this.api = api;
    this.label = `${api.context} (${api.server.replace(/^https?:\/\//, "")})`;
    this.identity = identity;
    this.readiness = new ReadinessLooks(api, clock);
    this.#clock = clock;
  }

  static async open(config: KubernetesConfig, { clock, signal }: ConnectContext): Promise<Cluster> {
    const api = await Api.open(config, clock);
    await api.request("GET", "/version", { signal });
    // clusters have no name of their own; this namespace is made once in a cluster's life
    const first = await api.find({ kind: "Namespace", namespace: "", name: "kube-system" }, signal).catch((error) => {
      if (isStatus(error, 403) || (error as { code?: string }).code === "permission-missing") return undefined;
      throw error as Error;
    });
    return new Cluster(config, api, clock, first ? { cluster: first.metadata.uid } : {});
  }

  /** Undefined where the file says that nothing is to be removed without us. */
  lease(run: string, namespace: string): LeaseJob | undefined {
    const { lease } = this.config;
    if (lease === "off") return undefined;
    const key = `${run} ${namespace}`;
    const known = this.#leases.get(key);
    if (known) return known;
    const made = new LeaseJob({ api: this.api, clock: this.#clock, namespace, run, ms: lease });
    this.#leases.set(key, made);
    return made;
  }

  discover(signal: AbortSignal): Promise<Discovery> {
    return discoverCluster(this, signal);
  }

  marks(signal: AbortSignal): Promise<Mark[]> {
    return clusterMarks(this, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
