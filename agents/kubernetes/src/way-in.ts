import { readFileSync } from "node:fs";
import type { AgentOptions, RequestOptions } from "node:https";
import { homedir } from "node:os";
import { type Clock, ChaosError, describeError } from "@chaos-agents/core";
import type { KubeConfig, RequestContext } from "@kubernetes/client-node";
import type { KubernetesConfig } from "./config.ts";

/** Milliseconds for which a login and its connections are used; the client would connect anew for each request. */
const loginAge = 60_000;

interface Login {
  headers: Record<string, string>;
  dispatcher: ReturnType<RequestContext["getDispatcher"]>;
}

/** Where the API server is, and as whom we come, as kubectl would have it. */
export class WayIn {
  readonly server: string;
  readonly context: string;
  readonly #kubeConfig: KubeConfig;
  readonly #clock: Clock;
  #login: { at: number; made: Promise<Login> } | undefined;

  private constructor(kubeConfig: KubeConfig, clock: Clock) {
    this.#kubeConfig = kubeConfig;
    this.#clock = clock;
    this.server = kubeConfig.getCurrentCluster()!.server.replace(/\/$/, "");
    this.context = kubeConfig.getCurrentContext();
  }

  static async open(config: KubernetesConfig, clock: Clock): Promise<WayIn> {
    const { KubeConfig: Configuration } = await import("@kubernetes/client-node");
    return new WayIn(load(new Configuration(), config), clock);
  }

  /** What a request carries, and the connections it goes by. */
  async login(): Promise<Login> {
    const now = this.#clock.monotonic();
    if (this.#login === undefined || now - this.#login.at > loginAge) {
      const made = this.#make();
      this.#login = { at: now, made };
      made.catch(() => (this.#login = undefined));
    }
    return await this.#login.made;
  }

  /** The next request logs in anew. */
  renew(): void {
    this.#login = undefined;
  }

  async #make(): Promise<Login> {
    const [{ RequestContext: Context }, { Agent, ProxyAgent }] = await Promise.all([
      import("@kubernetes/client-node"),
      import("undici"),
    ]);
    const asked = new Context(this.server, "GET");
    await this.#kubeConfig.applySecurityAuthentication(asked);
    const https: RequestOptions & AgentOptions = {};
    await this.#kubeConfig.applyToHTTPSOptions(https);
    const { type, ...options } = this.#kubeConfig.createDispatcherOptions(this.#kubeConfig.getCurrentCluster(), https);
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
