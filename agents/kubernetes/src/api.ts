import { type Clock, ChaosError, describeError } from "@chaos-agents/core";
import type { KubernetesConfig } from "./config.ts";
import { type Kind, type ObjectRef, apiVersion, collectionPath, objectPath, refText } from "./kinds.ts";
import { WayIn } from "./way-in.ts";

/** An object as the API gives it. Only what we read is typed. */
export interface KubernetesObject {
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    creationTimestamp: string;
    deletionTimestamp?: string;
    finalizers?: string[];
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid: string; controller?: boolean }[];
  };
  spec?: any;
  status?: any;
  data?: Record<string, string>;
}

/** One step of a JSON patch; all are done, or none. */
export type PatchStep =
  | { op: "test" | "add" | "replace"; path: string; value: unknown }
  | { op: "remove"; path: string };

export interface Selection {
  labelSelector?: string;
  fieldSelector?: string;
}

/** What the API server answered, where that was no success. */
export class ApiError extends Error {
  readonly status: number;
  /** `NotFound`, `Forbidden`, `Conflict`, `Invalid`, `TooManyRequests`… */
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

export const isStatus = (error: unknown, ...statuses: number[]): boolean =>
  error instanceof ApiError && statuses.includes(error.status);

interface Asked {
  query?: Record<string, string | number>;
  body?: unknown;
  type?: string;
  /** Milliseconds for which an answer of 429 is tried again. */
  patience?: number;
  signal: AbortSignal;
}

/** By which the API server keeps what we wrote apart from what others did. */
export const fieldManager = "chaos-agents";

const pageSize = 500;
const patience = 15_000;

/** Requests to one cluster: ways in and logins are the official client's, paths and words are the API's own. */
export class Api {
  readonly server: string;
  readonly context: string;
  readonly #wayIn: WayIn;
  readonly #client: typeof import("@kubernetes/client-node");
  readonly #clock: Clock;

  private constructor(wayIn: WayIn, client: typeof import("@kubernetes/client-node"), clock: Clock) {
    this.#wayIn = wayIn;
    this.#client = client;
    this.#clock = clock;
    this.server = wayIn.server;
    this.context = wayIn.context;
  }

  static async open(config: KubernetesConfig, clock: Clock): Promise<Api> {
    const client = await import("@kubernetes/client-node");
    return new Api(await WayIn.open(config, clock), client, clock);
  }

  async get(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject> {
    return (await this.request("GET", objectPath(ref), { signal })) as KubernetesObject;
  }

  /** Undefined where there is none. */
  async find(ref: ObjectRef, signal: AbortSignal): Promise<KubernetesObject | undefined> {
    return await this.get(ref, signal).catch((error: unknown) => {
      if (isStatus(error, 404)) return undefined;
      throw error;
    });
  }

  /** All that fit, page by page. */
  async *list(
    kind: Kind,
    namespace: string,
    selection: Selection,
    signal: AbortSignal,
  ): AsyncGenerator<KubernetesObject> {
    let next: string | undefined;
    do {
      const query = { ...selection, limit: pageSize, ...(next !== undefined && { continue: next }) };
      const page = (await this.request("GET", collectionPath(kind, namespace), { query, signal })) as {
        items: KubernetesObject[];
        metadata: { continue?: string };
      };
      yield* page.items;
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
  }

  async create(
    kind: Kind,
    object: { metadata: { name: string; namespace?: string } & Record<string, unknown> } & Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<KubernetesObject> {
    const body = { apiVersion: apiVersion(kind), kind, ...object };
    const path = collectionPath(kind, object.metadata.namespace ?? "");
    return (await this.request("POST", path, { body, signal })) as KubernetesObject;
  }

  /** Every step or none: a `test` that fails is 422. */
  async patch(
    ref: ObjectRef,
    steps: readonly PatchStep[],
    signal: AbortSignal,
    query: Record<string, string> = {},
  ): Promise<KubernetesObject> {
    const asked = { query: { fieldManager, ...query }, body: steps, type: "application/json-patch+json", signal };
    return (await this.request("PATCH", objectPath(ref), asked)) as KubernetesObject;
  }

  /** Only the object of this uid; nothing when it is gone already. */
  async delete(ref: ObjectRef, uid: string, signal: AbortSignal, options: Record<string, unknown> = {}): Promise<void> {
    const body = { preconditions: { uid }, propagationPolicy: "Background", ...options };
    try {
      await this.request("DELETE", objectPath(ref), { body, signal });
    } catch (error) {
      if (!isStatus(error, 404, 409)) throw error;
    }
  }

  /** Waits where the server asks us to. */
  async request(method: string, path: string, asked: Asked): Promise<unknown> {
    const until = this.#clock.monotonic() + (asked.patience ?? patience);
    for (let refused = false; ;) {
      const { status, text, retryAfter } = await this.#send(method, path, asked);
      if (status === 401 && !refused) {
        // a token may have run out
        refused = true;
        this.#wayIn.renew();
        continue;
      }
      if (status < 400) return text.startsWith("{") ? (JSON.parse(text) as unknown) : text;
      if (status === 429 && this.#clock.monotonic() < until) {
        await this.#clock.sleep(retryAfter * 1_000, asked.signal);
        continue;
      }
      throw this.#explain(status, text, method, path);
    }
  }

  async #send(method: string, path: string, { query = {}, body, type = "application/json", signal }: Asked) {
    const { RequestContext, IsomorphicFetchHttpLibrary } = this.#client;
    const search = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) search.set(name, String(value));
    const asked = new RequestContext(
      `${this.server}${path}${search.size > 0 ? `?${search.toString()}` : ""}`,
      method as never,
    );
    asked.setHeaderParam("Accept", "application/json");
    asked.setHeaderParam("User-Agent", fieldManager);
    if (body !== undefined) {
      asked.setHeaderParam("Content-Type", type);
      asked.setBody(JSON.stringify(body));
    }
    asked.setSignal(signal);
    try {
      const { headers, dispatcher } = await this.#wayIn.login();
      for (const [name, value] of Object.entries(headers)) asked.setHeaderParam(name, value);
      if (dispatcher) asked.setDispatcher(dispatcher);
      const answer = await new IsomorphicFetchHttpLibrary().send(asked).toPromise();
      const retryAfter = Number(answer.headers["retry-after"] ?? 1) || 1;
      return { status: answer.httpStatusCode, text: await answer.body.text(), retryAfter };
    } catch (error) {
      signal.throwIfAborted();
      throw unreachable(this.server, error);
    }
  }

  #explain(status: number, text: string, method: string, path: string): Error {
    const said = statusOf(text);
    const words = said.message ?? `${method} ${path} was answered with ${status}`;
    if (status === 401) {
      return new ChaosError(
        "permission-missing",
        `${this.server} does not accept the login of context ${this.context}`,
        {
          remedy: "Its token may have expired: log in again, then try kubectl auth whoami",
        },
      );
    }
    const isEnding = said.details?.causes?.some(({ reason }) => reason === namespaceEnding) ?? false;
    if (status === 403 && !isEnding) {
      return new ChaosError("permission-missing", `${this.context}: ${words}`, {
        remedy: "chaos show SKILL --rbac prints the role that allows it",
      });
    }
    return new ApiError(status, isEnding ? namespaceEnding : (said.reason ?? ""), `${words} (${status})`);
  }
}

interface Said {
  message?: string;
  reason?: string;
  details?: { causes?: { reason?: string }[] };
}

/** Forbidden to everybody: no role would help. */
const namespaceEnding = "NamespaceTerminating";

function statusOf(text: string): Said {
  try {
    return JSON.parse(text) as Said;
  } catch {
    return {};
  }
}

function unreachable(server: string, error: unknown): ChaosError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = (cause as { code?: string }).code ?? "";
  const [what, remedy] =
    code === "ECONNREFUSED"
      ? ["nothing listens there (connection refused)", "Is the API server up, and the address in the kubeconfig right?"]
      : code === "ENOTFOUND"
        ? ["its name is not known", "Look at the server in the kubeconfig"]
        : /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(code)
          ? [`its certificate is not trusted (${code})`, "Look at certificate-authority in the kubeconfig"]
          : [describeError(error), "Try: kubectl get --raw /readyz"];
  return new ChaosError("target-unreachable", `${server} cannot be reached: ${what}`, { remedy, cause: error });
}

export const missing = (ref: ObjectRef): ChaosError =>
  new ChaosError("nothing-matched", `there is no ${refText(ref)}`, { remedy: "chaos discover lists what there is" });
