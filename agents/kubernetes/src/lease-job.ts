import type { Clock, Held } from "@chaos-agents/core";
import type { Rule } from "./access.ts";
import { type Api, type KubernetesObject, isStatus } from "./api.ts";
import { type Kind, type ObjectRef, refText } from "./kinds.ts";
import { runLabel } from "./marks.ts";

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
}

/**
 * What ends our things in one namespace when nothing is heard of us: a Job without pods, whose deadline we keep moving.
 * When it passes, the cluster's own controllers remove the Job, and with it all that it owns.
 */
export class LeaseJob {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #ref: ObjectRef;
  readonly #run: string;
  readonly #ms: number;
  #holders = 0;
  #made: Promise<{ job: KubernetesObject; at: number }> | undefined;
  #renewing: { stop: AbortController; lost: Promise<string> } | undefined;

  constructor(options: { api: Api; clock: Clock; namespace: string; run: string; ms: number }) {
    this.#api = options.api;
    this.#clock = options.clock;
    this.#run = options.run;
    this.#ms = options.ms;
    this.#ref = { kind: "Job", namespace: options.namespace, name: leaseName(options.run) };
  }

  get ref(): ObjectRef {
    return this.#ref;
  }

  /** Who is to own what we make; made where it is not there yet. */
  async owner(signal: AbortSignal): Promise<OwnerReference> {
    this.#made ??= this.#make(signal).catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    const { job } = await this.#made;
    return { apiVersion: "batch/v1", kind: "Job", name: this.#ref.name, uid: job.metadata.uid };
  }

  /** Keeps the deadline ahead for as long as somebody holds it. */
  hold(): Held {
    this.#holders++;
    this.#renewing ??= this.#renew();
    const { lost } = this.#renewing;
    let held = true;
    return {
      lost,
      [Symbol.asyncDispose]: async () => {
        if (!held) return;
        held = false;
        if (--this.#holders > 0) return;
        this.#renewing?.stop.abort();
        this.#renewing = undefined;
      },
    };
  }

  /** Removes it where nothing of the run is left for it to own, and nobody here is about to make anything. */
  async release(signal: AbortSignal): Promise<void> {
    if (this.#holders > 0) return;
    const { namespace } = this.#ref;
    for (const kind of ownedKinds) {
      const selection = { labelSelector: `${runLabel}=${this.#run}` };
      for await (const _ of this.#api.list(kind, namespace, selection, signal)) return;
    }
    const job = await this.#api.find(this.#ref, signal);
    if (job?.metadata.labels?.[runLabel] !== this.#run) return;
    await this.#api.delete(this.#ref, job.metadata.uid, signal);
    this.#made = undefined;
  }

  async #make(signal: AbortSignal): Promise<{ job: KubernetesObject; at: number }> {
    const at = this.#clock.monotonic();
    try {
      return { job: await this.#api.create("Job", this.#body(), signal), at };
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      return { job: await this.#api.get(this.#ref, signal), at };
    }
  }

  #body() {
    const { namespace, name } = this.#ref;
    const labels = { [runLabel]: this.#run };
    return {
      metadata: { name, namespace, labels },
      spec: {
        parallelism: 0,
        backoffLimit: 0,
        activeDeadlineSeconds: Math.ceil(this.#ms / 1_000),
        ttlSecondsAfterFinished: 0,
        template: {
          metadata: { labels },
          spec: { restartPolicy: "Never", containers: [{ name: "none", image: "never-pulled.invalid/none" }] },
        },
      },
    };
  }

  #renew(): { stop: AbortController; lost: Promise<string> } {
    const stop = new AbortController();
    const { promise: lost, resolve } = Promise.withResolvers<string>();
    void this.#keepRenewing(stop.signal, resolve);
    return { stop, lost };
  }

  async #keepRenewing(signal: AbortSignal, lost: (why: string) => void): Promise<void> {
    let until = this.#clock.monotonic() + this.#ms;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(this.#ms / 5, signal);
        const asked = this.#clock.monotonic();
        const { job, at } = await this.#made!;
        const seconds = Math.ceil((asked - at + this.#ms) / 1_000);
        await this.#api.patch(
          this.#ref,
          [
            { op: "test", path: "/metadata/uid", value: job.metadata.uid },
            { op: "replace", path: "/spec/activeDeadlineSeconds", value: seconds },
          ],
          signal,
        );
        until = asked + this.#ms;
      } catch (error) {
        if (signal.aborted) return;
        if (isStatus(error, 404, 422)) return lost(`${refText(this.#ref)}, which holds our things, was removed`);
        if (this.#clock.monotonic() > until)
          return lost(`the cluster could not be reached for a whole lease, and has removed what we made`);
      }
    }
  }
}

/** What it may own; the way to it is open to whoever may make one. */
export const ownedKinds: readonly Kind[] = ["NetworkPolicy", "ResourceQuota", "Pod"];

/** What having a lease asks of the API. */
export const leaseRules: readonly Rule[] = [
  { kind: "Job", verbs: ["get", "create", "patch", "delete"] },
  ...ownedKinds.map((kind) => ({ kind, verbs: ["list"] })),
];

export const leaseName = (run: string): string => `chaos-${run}`;
