import { execFile } from "node:child_process";
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { ChaosError } from "@chaos-agents/core";
import { freePort } from "../servers/free-port.ts";
import { Keep, type KeptProcess } from "../servers/keep.ts";
import { kubeProgram } from "./kube-program.ts";
import { kwokStages } from "./kwok-stages.ts";

export interface KubernetesOptions {
  /** Nodes that KWOK plays. */
  nodes?: number;
  signal?: AbortSignal;
}

/** A real control plane on loopback, whose nodes are played. */
export interface KubernetesCluster extends AsyncDisposable {
  /** For its administrator. */
  readonly kubeconfig: string;
  /** For another administrator, of whom reads are in the audit, too. */
  readonly countedKubeconfig: string;
  readonly server: string;
  readonly token: string;
  readonly ca: string;
  readonly directory: string;
  /** Path of kubectl, as arguments go before its own. */
  readonly kubectl: readonly string[];
  /** One request of its administrator's. Throws for answers from 400 on. */
  readonly call: (method: string, path: string, body?: unknown, type?: string) => Promise<any>;
  /** Every request that changed something, and every one of `countedKubeconfig`, as the API server wrote them down. */
  audit(): Promise<AuditEvent[]>;
  killApiServer(): Promise<void>;
  /** Its clients of the control plane are started again, too: they would wait up to half a minute to ask again. */
  startApiServer(): Promise<void>;
}

export interface AuditEvent {
  verb: string;
  requestURI: string;
  user: string;
  userAgent: string;
  code: number;
  namespace: string;
}

export async function startKubernetes({ nodes = 3, signal }: KubernetesOptions = {}): Promise<KubernetesCluster> {
  const binary = await kubeProgram();
  const keep = await Keep.open({ prefix: "chaos-kubernetes-" });
  try {
    return await start(keep, binary, nodes, signal ?? AbortSignal.timeout(180_000));
  } catch (error) {
    await keep[Symbol.asyncDispose]();
    throw error;
  }
}

async function start(keep: Keep, binary: string, nodes: number, signal: AbortSignal): Promise<KubernetesCluster> {
  const [clients, peers, secure] = await Promise.all([freePort(), freePort(), freePort()]);
  const etcd = `http://127.0.0.1:${clients}`;
  const server = `https://127.0.0.1:${secure}`;
  const [token, counted] = [randomBytes(16).toString("hex"), randomBytes(16).toString("hex")];
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
  await Promise.all([
    writeFile(keep.path("sa.key"), privateKey.export({ type: "pkcs8", format: "pem" })),
    writeFile(keep.path("sa.pub"), publicKey.export({ type: "spki", format: "pem" })),
    writeFile(keep.path("tokens"), `${token},admin,admin,system:masters\n${counted},counted,counted,system:masters\n`),
    writeFile(keep.path("audit.yaml"), auditPolicy),
    promisify(execFile)(binary, ["stages"]).then(({ stdout }) =>
      writeFile(keep.path("stages.yaml"), kwokStages(stdout)),
    ),
  ]);
  const run = (name: string, ...args: string[]) =>
    keep.start({ command: binary, args: [name, ...args], log: keep.path(`${name}.log`), endWith: "SIGKILL" });
  const running: Record<string, KeptProcess> = {};
  running["etcd"] = await run(
    "etcd",
    `--data-dir=${keep.path("etcd")}`,
    `--listen-client-urls=${etcd}`,
    `--advertise-client-urls=${etcd}`,
    `--listen-peer-urls=http://127.0.0.1:${peers}`,
    "--unsafe-no-fsync",
    "--log-level=error",
  );
  const startApiServer = async (limit = AbortSignal.timeout(60_000)) => {
    running["apiserver"] = await run(
      "apiserver",
      `--etcd-servers=${etcd}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${secure}`,
      `--cert-dir=${keep.path("certs")}`,
      `--token-auth-file=${keep.path("tokens")}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${keep.path("sa.pub")}`,
      `--service-account-signing-key-file=${keep.path("sa.key")}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--endpoint-reconciler-type=none",
      `--audit-policy-file=${keep.path("audit.yaml")}`,
      `--audit-log-path=${keep.path("audit.log")}`,
      "--v=0",
    );
    await ready(limit);
  };
  let ca = "";
  const ready = async (limit: AbortSignal) => {
    for (;;) {
      limit.throwIfAborted();
      const ended = await Promise.race([running["apiserver"]!.exited, delay(50)]);
      if (ended) throw await failure("apiserver");
      ca = await readFile(keep.path("certs", "apiserver.crt"), "utf8").catch(() => "");
      if (ca === "") continue;
      const answer = await ask("GET", "/readyz").catch(() => undefined);
      if (answer?.status === 200) return;
    }
  };
  const failure = async (name: string) => {
    const said = await readFile(keep.path(`${name}.log`), "utf8").catch(() => "");
    return new ChaosError("internal", `${name} ended: ${said.trim().slice(-2_000)}`);
  };
  let agent: Agent | undefined;
  const ask = (method: string, path: string, body?: unknown, type = "application/json") => {
    agent ??= new Agent({ keepAlive: true, ca });
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers["content-type"] = type;
    const asked = request(`${server}${path}`, { method, agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => resolve({ status: response.statusCode!, text }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  };
  const call = async (method: string, path: string, body?: unknown, type?: string) => {
    const { status, text } = await ask(method, path, body, type);
    const answer: any = text.startsWith("{") ? JSON.parse(text) : text;
    if (status < 400) return answer;
    throw Object.assign(new Error(`${method} ${path}: ${status} ${text.slice(0, 500)}`), { status });
  };

  await startApiServer(signal);
  const kubeconfig = keep.path("kubeconfig");
  const countedKubeconfig = keep.path("counted-kubeconfig");
  await writeFile(kubeconfig, kubeconfigFile({ server, ca, token }));
  await writeFile(countedKubeconfig, kubeconfigFile({ server, ca, token: counted }));
  const quick = ["--kube-api-qps=1000", "--kube-api-burst=2000"];
  const startControllers = async () => {
    running["controller-manager"] = await run(
      "controller-manager",
      `--kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      "--secure-port=0",
      "--use-service-account-credentials=true",
      `--service-account-private-key-file=${keep.path("sa.key")}`,
      `--root-ca-file=${keep.path("certs", "apiserver.crt")}`,
      // a played node says that it lives every 20 to 45 seconds, later on a busy machine
      "--node-monitor-grace-period=1h",
      "--node-startup-grace-period=1h",
      ...quick,
    );
    running["scheduler"] = await run(
      "scheduler",
      `--kubeconfig=${kubeconfig}`,
      "--leader-elect=false",
      "--secure-port=0",
      ...quick,
    );
    running["kwok"] = await run(
      "kwok",
      `--kubeconfig=${kubeconfig}`,
      "--manage-all-nodes=true",
      `--config=${keep.path("stages.yaml")}`,
    );
  };
  await startControllers();
  const kill = async (name: string) => {
    process.kill(running[name]!.pid, "SIGKILL");
    await running[name]!.exited;
  };
  for (let n = 0; n < nodes; n++) await call("POST", "/api/v1/nodes", node(`node-${n}`));
  for (;;) {
    signal.throwIfAborted();
    const { items } = await call("GET", "/api/v1/nodes");
    const accounts = await call("GET", "/api/v1/namespaces/default/serviceaccounts");
    const isReady = (one: any) => one.status.conditions?.some((c: any) => c.type === "Ready" && c.status === "True");
    if (items.every(isReady) && accounts.items.length > 0) break;
    await delay(50);
  }
  return {
    kubeconfig,
    countedKubeconfig,
    server,
    token,
    ca,
    directory: keep.directory,
    kubectl: [binary, "kubectl", `--kubeconfig=${kubeconfig}`],
    call,
    async audit() {
      const lines = (await readFile(keep.path("audit.log"), "utf8")).split("\n").filter(Boolean);
      return lines.map((line) => {
        const event = JSON.parse(line);
        return {
          verb: event.verb,
          requestURI: event.requestURI,
          user: event.user.username,
          userAgent: event.userAgent ?? "",
          code: event.responseStatus?.code ?? 0,
          namespace: event.objectRef?.namespace ?? "",
        };
      });
    },
    killApiServer: () => kill("apiserver"),
    async startApiServer() {
      await startApiServer();
      await Promise.all(["controller-manager", "scheduler", "kwok"].map(kill));
      await startControllers();
    },
    async [Symbol.asyncDispose]() {
      agent?.destroy();
      await keep[Symbol.asyncDispose]();
    },
  };
}

const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: Metadata
    users: [counted]
  - level: Metadata
    verbs: [create, update, patch, delete, deletecollection]
  - level: None
`;

export const kubeconfigFile = ({
  server,
  ca,
  unchecked,
  token,
}: {
  server: string;
  ca?: string;
  unchecked?: boolean;
  token: string;
}): string => `apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster: { server: "${server}"${unchecked || server.startsWith("http:") ? ", insecure-skip-tls-verify: true" : ""}${ca === undefined ? "" : `, certificate-authority-data: ${Buffer.from(ca).toString("base64")}`} }
users:
  - name: test
    user: { token: "${token}" }
contexts:
  - name: test
    context: { cluster: test, user: test }
current-context: test
`;

const node = (name: string) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name,
    annotations: { "kwok.x-k8s.io/node": "fake" },
    labels: { "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", type: "kwok" },
  },
  status: {
    allocatable: { cpu: "64", memory: "256Gi", pods: "10000" },
    capacity: { cpu: "64", memory: "256Gi", pods: "10000" },
  },
});
