import { execFile, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type KubernetesCluster, startKubernetes } from "@chaos-agents/testkit";
import pLimit from "p-limit";
import { ChaosRun, chaos } from "./chaos.ts";
import { type BenchRow, median, seconds } from "./table.ts";

const workloads = 60;
const podsEach = 100;
const killed = Math.floor(workloads * podsEach * 0.3);
const atOnce = 32;
const more = 1_000;
const turns = 3;

/** Thousands of pods, a third of them killed and all of them cut off, beside by hand what has to be asked; and what there is, beside kubectl. */
export async function kubernetesRows(home: string): Promise<BenchRow[]> {
  await using cluster = await startKubernetes({ nodes: 20, signal: AbortSignal.timeout(900_000) });
  await application(cluster, "bench", workloads, podsEach);
  const bare = await byHand(cluster);
  const before = (await cluster.audit()).length;
  const ours = await byChaos(cluster, home);
  const requests = (await cluster.audit()).slice(before).filter(({ user }) => user === "counted");
  await application(cluster, "more", more, 4);
  return [...attackRows(bare, ours, requests), ...(await discoveryRows(cluster, home))];
}

function attackRows(
  bare: number,
  ours: { ms: number; peak: number },
  requests: readonly { verb: string; requestURI: string }[],
): BenchRow[] {
  const counts = Map.groupBy(requests, ({ verb }) => verb);
  const unbounded = requests.filter(
    ({ verb, requestURI }) => verb === "watch" || (verb === "list" && !/[?&]limit=/.test(requestURI)),
  );
  const pods = (workloads * podsEach).toLocaleString("en");
  return [
    {
      what: `${pods} pods: ${killed} killed, all cut off, undone, verified`,
      ours: seconds(ours.ms),
      rival: `${seconds(bare)} by hand what has to be asked, ${atOnce} at once`,
      ratio: ours.ms / bare,
      aim: "≤ 1.3 ×, ≤ 120 s",
      met: ours.ms <= 1.3 * bare && ours.ms <= 120_000,
    },
    {
      what: "memory of that run",
      ours: `${Math.round(ours.peak / 2 ** 20)} MiB`,
      rival: "–",
      ratio: null,
      aim: "≤ 300 MB",
      met: ours.peak <= 300e6,
    },
    {
      what: "requests of that run",
      ours: [...counts].map(([verb, some]) => `${verb} ${some.length}`).join(", "),
      rival: "–",
      ratio: null,
      aim: "no watch, no list without a limit",
      met: unbounded.length === 0,
    },
  ];
}

async function discoveryRows(cluster: KubernetesCluster, home: string): Promise<BenchRow[]> {
  const file = join(home, "discover.yaml");
  writeFileSync(
    file,
    JSON.stringify({
      experiments: [{ name: "all", target: "kubernetes", target_config: { kubeconfig: cluster.kubeconfig } }],
    }),
  );
  const kinds = "deployments,statefulsets,daemonsets,poddisruptionbudgets,networkpolicies,nodes";
  const own: { ms: number; peak: number }[] = [];
  const rivals: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    own.push(await weighed(chaos, ["discover", file, "--json"], home));
    const started = performance.now();
    const [command, ...args] = cluster.kubectl;
    await promisify(execFile)(command!, [...args, "get", kinds, "--all-namespaces", "-o", "json"], {
      maxBuffer: 2 ** 30,
    });
    rivals.push(performance.now() - started);
  }
  const [ms, rival] = [median(own.map((one) => one.ms)), median(rivals)];
  const peak = Math.max(...own.map((one) => one.peak));
  return [
    {
      what: `discovery of ${workloads + more} workloads with ${workloads * podsEach + more * 4} pods`,
      ours: seconds(ms),
      rival: `${seconds(rival)} kubectl get -o json`,
      ratio: ms / rival,
      aim: "≤ 1.5 ×",
      met: ms <= 1.5 * rival,
    },
    {
      what: "memory of that",
      ours: `${Math.round(peak / 2 ** 20)} MiB`,
      rival: "–",
      ratio: null,
      aim: "≤ 250 MB",
      met: peak <= 250e6,
    },
  ];
}

async function application(
  { call }: KubernetesCluster,
  namespace: string,
  count: number,
  replicas: number,
): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  await call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  const limit = pLimit(atOnce);
  const make = (n: number) => {
    const labels = { app: `app-${n}` };
    const spec = { containers: [{ name: "app", image: "nginx:1.27" }] };
    return call("POST", path, {
      metadata: { name: `app-${n}` },
      spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    });
  };
  await Promise.all(Array.from({ length: count }, (_, n) => limit(() => make(n))));
  await allReady(call, path);
}

async function allReady(call: KubernetesCluster["call"], path: string): Promise<void> {
  for (;;) {
    const { items } = await call("GET", path);
    if (
      items.every(
        ({ spec, status }: any) => status?.readyReplicas === spec.replicas && status.replicas === spec.replicas,
      )
    )
      return;
    await delay(250);
  }
}

/** What has to be asked: which pods there are, that each is killed and whether it is, and that all are there again. */
async function byHand({ call }: KubernetesCluster): Promise<number> {
  const pods = "/api/v1/namespaces/bench/pods";
  const policies = "/apis/networking.k8s.io/v1/namespaces/bench/networkpolicies";
  const started = performance.now();
  const names = await podNames(call, pods);
  await call("POST", policies, {
    metadata: { name: "by-hand" },
    spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
  });
  const limit = pLimit(atOnce);
  const kill = async (name: string) => {
    await call("DELETE", `${pods}/${name}`);
    await call("GET", `${pods}/${name}`).catch((error: { status?: number }) => {
      if (error.status !== 404) throw error;
    });
  };
  await Promise.all(names.filter((_, n) => n % 10 < 3).map((name) => limit(() => kill(name))));
  await call("DELETE", `${policies}/by-hand`);
  await allReady(call, "/apis/apps/v1/namespaces/bench/deployments");
  await podNames(call, pods);
  return performance.now() - started;
}

async function podNames(call: KubernetesCluster["call"], path: string): Promise<string[]> {
  const names: string[] = [];
  for (let next = ""; ;) {
    const page = await call("GET", `${path}?limit=500${next && `&continue=${next}`}`);
    names.push(...page.items.map(({ metadata }: any) => metadata.name));
    next = page.metadata.continue ?? "";
    if (next === "") return names;
  }
}

async function byChaos(cluster: KubernetesCluster, home: string): Promise<{ ms: number; peak: number }> {
  const started = performance.now();
  await using run = new ChaosRun(home, "kubernetes", {
    target: "kubernetes",
    target_config: { kubeconfig: cluster.countedKubeconfig, namespace: "bench", label_selector: "*" },
    duration: "10m",
    skills: [
      { skill_name: "k8s.network_chaos", params: {} },
      { skill_name: "k8s.pod_kill", params: { count: "30%" } },
    ],
  });
  // stopped when all that is to be broken is
  await run.seen("phase-started", ({ phase }) => phase === "observe");
  await run.stop();
  return { ms: performance.now() - started, peak: run.peak };
}

async function weighed(command: string, args: readonly string[], home: string): Promise<{ ms: number; peak: number }> {
  const started = performance.now();
  const child = spawn(command, args, {
    env: { ...process.env, CHAOS_HOME: join(home, "state") },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.resume();
  let peak = 0;
  const weigh = () => {
    try {
      const [, kilobytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
      peak = Math.max(peak, Number(kilobytes ?? 0) * 1_024);
    } catch {
      // it has ended
    }
  };
  const timer = setInterval(weigh, 20);
  const code = await new Promise((resolve) => child.once("close", resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(code)}`);
  return { ms: performance.now() - started, peak };
}
