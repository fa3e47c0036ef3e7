import { readFileSync } from "node:fs";
import type { AgentOptions, RequestOptions } from "node:https";
import { homedir } from "node:os";
import { type Clock, ChaosError, describeError } from "@chaos-agents/core";
import type { KubeConfig, RequestContext } from "@kubernetes/client-node";
import type { KubernetesConfig } from "./config.ts";
import { type Kind, type ObjectRef, apiVersion, collectionPath, objectPath, refText } from "./kinds.ts";

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
/** Milliseconds for which a login and its connections are used; the client would connect anew for each request. */
const loginAge = 60_000;

type Libraries = [typeof import("@kubernetes/client-node"), typeof import("undici")];
interface Login {
  headers: Record<string, string>;
  dispatcher: ReturnType<RequestContext["getDispatcher"]>;
}

/** Requests to one cluster: ways in and logins are the official client's, paths and words are the API's own. */
export class Api {
  readonly server: string;
  readonly context: string;
  /** Requests sent so far. */
  requests = 0;
  readonly #kubeConfig: KubeConfig;
  readonly #client: Libraries[0];
  readonly #undici: Libraries[1];
  readonly #clock: Clock;
  #login: { at: number; made: Promise<Login> } | undefined;

  private constructor(kubeConfig: KubeConfig, libraries: Libraries, clock: Clock) {
    this.#kubeConfig = kubeConfig;
    [this.#client, this.#undici] = libraries;
    this.#clock = clock;
    this.server = kubeConfig.getCurrentCluster()!.server.replace(/\/$/, "");
    this.context = kubeConfig.getCurrentContext();
  }

  static async open(config: KubernetesConfig, clock: Clock): Promise<Api> {
    const libraries: Libraries = await Promise.all([import("@kubernetes/client-node"), import("undici")]);
    return new Api(load(new libraries[0].KubeConfig(), config), libraries, clock);
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
        this.#login = undefined;
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
    this.requests++;
    try {
      const { headers, dispatcher } = await this.#loggedIn();
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

  async #loggedIn(): Promise<Login> {
    const now = this.#clock.monotonic();
    if (this.#login === undefined || now - this.#login.at > loginAge) {
      const made = this.#logIn();
      this.#login = { at: now, made };
      made.catch(() => (this.#login = undefined));
    }
    return await this.#login.made;
  }

  async #logIn(): Promise<Login> {
    const asked = new this.#client.RequestContext(this.server, "GET");
    await this.#kubeConfig.applySecurityAuthentication(asked);
    const https: RequestOptions & AgentOptions = {};
    await this.#kubeConfig.applyToHTTPSOptions(https);
    const { type, ...options } = this.#kubeConfig.createDispatcherOptions(this.#kubeConfig.getCurrentCluster(), https);
    const { Agent, ProxyAgent } = this.#undici;
    // an idle HTTP/2 session of undici's ends in an error that nobody can catch
    const allowH2 = false;
    const dispatcher =
      type === "socks"
        ? asked.getDispatcher()
        : type === "proxy"
          ? new ProxyAgent({ ...(options as { uri: string }), allowH2 })
          : new Agent({ ...options, allowH2 });
    return { headers: asked.getHeaders(), dispatcher };
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

function load(kubeConfig: KubeConfig, { kubeconfig, context }: KubernetesConfig): KubeConfig {
  const path = kubeconfig?.replace(/^~(?=\/|$)/, homedir());
  try {
    if (path === undefined) kubeConfig.loadFromDefault();
    else kubeConfig.loadFromString(readFileSync(path, "utf8"));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    const what = missing
      ? `the kubeconfig ${kubeconfig} does not exist`
      : `the kubeconfig ${kubeconfig ?? ""} cannot be read: ${describeError(error)}`;
    throw new ChaosError("usage", what, { remedy: "Set kubeconfig to the file that kubectl uses", cause: error });
  }
  if (context !== undefined) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    if (!known.includes(context)) {
      throw new ChaosError("usage", `there is no context ${context} in the kubeconfig`, {
        remedy: known.length > 0 ? `It has: ${known.join(", ")}` : "It has none",
      });
    }
    kubeConfig.setCurrentContext(context);
  }
  const server = kubeConfig.getCurrentCluster()?.server;
  // where nothing is configured, the client assumes an API server without a login
  if (server === undefined || (path === undefined && server === "http://localhost:8080")) {
    throw new ChaosError("usage", "no cluster is configured: there is no kubeconfig, and we do not run in a cluster", {
      remedy: "Give kubeconfig in target_config, or set KUBECONFIG",
    });
  }
  return kubeConfig;
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
