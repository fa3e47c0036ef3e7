import { type Clock, counted, formatDuration } from "@chaos-agents/core";
import type { Api, KubernetesObject } from "./api.ts";
import type { Kind, ObjectRef } from "./kinds.ts";

/** The pods of a workload, as one look found them. */
export interface Readiness {
  /** Unix time in milliseconds at which we began to look. */
  at: number;
  wanted: number;
  ready: number;
  /** Of the pods that are there and not on their way out. */
  uids: ReadonlySet<string>;
  /** When the newest of those that are ready became so: Unix time in milliseconds, by the cluster's clock; 0 for none. */
  lastReadyAt: number;
}

type Workload = ObjectRef & { uid: string };
type Met = Readiness & { waited: boolean };

/** Answers that many who ask for the same share. */
class Shared<T> {
  readonly #newest = new Map<string, { at: number; answer: Promise<T> }>();

  /** One that was asked for later than `since`. */
  async after(since: number, key: string, clock: Clock, ask: (at: number) => Promise<T>): Promise<T> {
    const known = this.#newest.get(key);
    if (known && known.at > since) return await known.answer;
    const at = clock.now();
    const answer = ask(at);
    this.#newest.set(key, { at, answer });
    answer.catch(() => this.#newest.delete(key));
    return await answer;
  }
}

/**
 * Looks at the pods themselves: what a workload's status says may be older than what was done to it. Many who ask for the
 * same workload share a look.
 */
export class ReadinessLooks {
  readonly #api: Api;
  readonly #clock: Clock;
  readonly #looks = new Shared<Readiness | "gone">();
  readonly #words = new Shared<boolean>();

  constructor(api: Api, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** A look that began later than `since`; "gone" where the workload of this uid is not there any more. */
  async after(since: number, ref: Workload, signal: AbortSignal): Promise<Readiness | "gone"> {
    return await this.#looks.after(since, ref.uid, this.#clock, (at) => this.#look(ref, at, signal));
  }

  /** Waits until all that the workload wants are ready, in a look that began later than `since` and does not find `not`. */
  async settled(since: number, ref: Workload, not: string, signal: AbortSignal): Promise<Met | "gone"> {
    const isSettled = ({ ready, wanted, uids }: Readiness) => ready >= wanted && !uids.has(not);
    return await this.#until(since, ref, signal, isSettled, true);
  }

  /** Waits for a look, later than `since`, that is as wanted. */
  async until(
    since: number,
    ref: Workload,
    signal: AbortSignal,
    isSo: (now: Readiness) => boolean,
  ): Promise<Met | "gone"> {
    return await this.#until(since, ref, signal, isSo, false);
  }

  /** Waits until exactly as many pods as the workload wants are there, all ready; says so, and how long it took. */
  async backToFull(since: number, ref: Workload, signal: AbortSignal): Promise<string> {
    const isFull = ({ ready, wanted, uids }: Readiness) => ready === wanted && uids.size === wanted;
    const now = await this.#until(since, ref, signal, isFull, true);
    if (now === "gone") return `${ref.name} was deleted meanwhile`;
    const took = now.waited ? ` after ${formatDuration(now.at - since)}` : "";
    return `${now.ready} of ${counted(now.wanted, "pod")} of ${ref.name} ready${took}`;
  }

  /** What is waited for may be that all are ready: then the pods are listed again only when the workload says they are. */
  async #until(
    since: number,
    ref: Workload,
    signal: AbortSignal,
    isSo: (now: Readiness) => boolean,
    allReady: boolean,
  ): Promise<Met | "gone"> {
    const mayBe = async () => !allReady || (await this.#saysReady(newer, ref, signal));
    let newer = since;
    let pause = 250;
    for (let waited = false; ; waited = true) {
      const now = await this.after(newer, ref, signal);
      if (now === "gone") return now;
      if (isSo(now)) return { ...now, waited };
      do {
        newer = this.#clock.now();
        await this.#clock.sleep(pause, signal);
        // a cluster that is busy getting well has better things to do than to answer us
        pause = Math.min(pause * 1.5, 2_000);
      } while (!(await mayBe()));
    }
  }

  async #saysReady(since: number, ref: Workload, signal: AbortSignal): Promise<boolean> {
    return await this.#words.after(since, ref.uid, this.#clock, async () => {
      const workload = await this.#api.find(ref, signal);
      if (workload === undefined || workload.metadata.uid !== ref.uid) return true;
      const { readyReplicas, numberReady } = workload.status ?? {};
      return (readyReplicas ?? numberReady ?? 0) >= wantedOf(ref.kind, workload);
    });
  }

  async #look(ref: Workload, at: number, signal: AbortSignal): Promise<Readiness | "gone"> {
    const workload = await this.#api.find(ref, signal);
    if (workload === undefined || workload.metadata.uid !== ref.uid) return "gone";
    const uids = new Set<string>();
    let ready = 0;
    let lastReadyAt = 0;
    for await (const { metadata, status } of this.#api.list("Pod", ref.namespace, podSelectorOf(workload), signal)) {
      if (metadata.deletionTimestamp !== undefined) continue;
      uids.add(metadata.uid);
      const since = readySince({ status });
      if (since === undefined) continue;
      ready++;
      lastReadyAt = Math.max(lastReadyAt, since);
    }
    return { at, wanted: wantedOf(ref.kind, workload), ready, uids, lastReadyAt };
  }
}

/** Unix time in milliseconds; undefined for a pod that is not ready. */
export function readySince({ status }: Pick<KubernetesObject, "status">): number | undefined {
  const ready = status?.conditions?.find((one: any) => one.type === "Ready" && one.status === "True");
  return ready && Date.parse(ready.lastTransitionTime);
}

export function wantedOf(kind: Kind, { spec, status = {} }: KubernetesObject): number {
  if (kind === "DaemonSet") return status.desiredNumberScheduled ?? 0;
  // what a job has done stays done
  return kind === "Job" ? 0 : (spec.replicas ?? 1);
}

/** Of the workload's pods. */
export function podSelectorOf({ spec }: KubernetesObject): { labelSelector: string } {
  const { matchLabels, matchExpressions = [] } = spec.selector ?? {};
  const labels: Record<string, string> = matchLabels ?? (spec.selector?.matchExpressions ? {} : (spec.selector ?? {}));
  const exact = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const others = matchExpressions.map(({ key, operator, values = [] }: any) =>
    operator === "Exists"
      ? key
      : operator === "DoesNotExist"
        ? `!${key}`
        : `${key} ${operator === "In" ? "in" : "notin"} (${values.join(",")})`,
  );
  return { labelSelector: [...exact, ...others].join(",") };
}
