import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Event } from "@chaos-agents/core";
import {
  type ClusterPhotograph,
  type KubernetesCluster,
  clusterDifferences,
  kubeMissing,
  photographCluster,
  startKubernetes,
} from "@chaos-agents/testkit";
import { lastingDifferences } from "@chaos-agents/testkit/contract";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Playground, launcher } from "./chaos.ts";

const missing = kubeMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);

const observing = (event: Event) => event.type === "phase-started" && event.phase === "observe";

describe.skipIf(missing)(`a cluster with a real control plane${missing ? `: ${missing}` : ""}`, () => {
  let cluster: KubernetesCluster;
  let before: ClusterPhotograph;
  beforeAll(async () => {
    cluster = await startKubernetes();
    await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: "staging" } });
    await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: "production" } });
    for (const namespace of ["staging", "production"]) {
      for (const [name, replicas] of [
        ["web", 3],
        ["cache", 2],
      ] as const) {
        await cluster.call("POST", `/apis/apps/v1/namespaces/${namespace}/deployments`, application(name, replicas));
      }
    }
    const ready = async () => {
      const { items } = await cluster.call("GET", "/apis/apps/v1/deployments");
      return items.every(({ spec, status }: any) => status.readyReplicas === spec.replicas);
    };
    await vi.waitUntil(ready, { timeout: 60_000 });
    before = await photographCluster(cluster, "staging");
  }, 3_000_000);
  afterAll(() => cluster?.[Symbol.asyncDispose](), 60_000);

  const playground = async (file: string) => {
    const made = await Playground.open({ KUBECONFIG: cluster.kubeconfig });
    await writeFile(made.path("k8s.yaml"), file);
    return made;
  };
  const policies = async () =>
    (await cluster.call("GET", "/apis/networking.k8s.io/v1/namespaces/staging/networkpolicies")).items as any[];
  const replicas = async () =>
    (await cluster.call("GET", "/apis/apps/v1/namespaces/staging/deployments/web")).spec.replicas as number;
  const expectWhole = async () => {
    const photograph = () => photographCluster(cluster, "staging");
    const oracle = { photograph, differences: clusterDifferences, patience: 30_000 };
    expect(await lastingDifferences(oracle, before)).toEqual([]);
  };
  const file = (lease: string) => `experiments:
  - name: a-bad-day
    target: kubernetes
    target_config: { namespace: staging, label_selector: app=web, lease: ${lease} }
    skills:
      - { skill_name: k8s.network_chaos, params: { pod_selector: { app: cache } } }
      - { skill_name: k8s.scale, params: { names: [web], replicas: 1 } }
    duration: 1h
`;

  test("[CA-09] [CA-24] [CA-25] [CA-26] [CA-27] the example file runs, is felt, and leaves nothing", async () => {
    await using chaos = await playground("");
    await copyFile(join(import.meta.dirname, "../../config/example-k8s.yaml"), chaos.path("example.yaml"));
    const dry = await chaos.run(["run", "example.yaml", "--dry-run"]);
    expect(dry, dry.stderr).toMatchObject({ code: 0 });
    expect(dry.stdout).toMatch(/delete pod staging\/web-\S+ on node-\d, one of 3 of deployment web/);
    expect(dry.stdout).toContain("cut 2 pods of staging with app=cache off the network");
    await expectWhole();
    const short = (await readFile(chaos.path("example.yaml"), "utf8")).replaceAll(/duration: \d+m/g, "duration: 2s");
    await writeFile(chaos.path("example.yaml"), short);
    const { code, stdout, stderr } = await chaos.run(["run", "example.yaml", "--yes"]);
    expect(code, stdout + stderr).toBe(0);
    expect(stdout).toMatch(/3 of 3 pods of web ready, the last \S+ after the kill/);
    await expectWhole();
  });

  test("[CA-41] killed, doctor sees it and recover puts it back", async () => {
    await using chaos = await playground(file("10m"));
    const running = chaos.start(["run", "k8s.yaml", "--yes", "--json"]);
    const { run } = await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    expect(await policies()).toHaveLength(1);
    expect(await replicas()).toBe(1);
    const doctor = await chaos.run(["doctor", "k8s.yaml"]);
    expect(doctor.stdout).toContain(run);
    expect(doctor.stdout).toContain("deployment staging/web");
    expect(await chaos.run(["recover", run])).toMatchObject({ code: 0 });
    await expectWhole();
    expect(await chaos.run(["doctor", "k8s.yaml"])).toMatchObject({ code: 0 });
  });

  test("killed, and nobody comes back: what we made goes when the lease is over, what we changed waits for recover", async () => {
    await using chaos = await playground(file("15s"));
    const running = chaos.start(["run", "k8s.yaml", "--yes", "--json"]);
    const { run } = await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    await expect.poll(policies, { timeout: 60_000, interval: 200 }).toEqual([]);
    expect(await replicas()).toBe(1);
    expect(await chaos.run(["recover", run])).toMatchObject({ code: 0 });
    await expectWhole();
  });

  test("the journal is lost: sweep finds what we made and what we changed", async () => {
    await using chaos = await playground(file("10m"));
    const running = chaos.start(["run", "k8s.yaml", "--yes", "--json"]);
    await running.event(observing);
    running.kill("SIGKILL");
    await running.ended;
    await using other = await playground(file("10m"));
    expect(await other.run(["recover", "--sweep", "k8s.yaml"])).toMatchObject({ code: 0 });
    await expectWhole();
  });

  // a mount namespace, whose /run is empty but for what a kubelet puts there
  test.skipIf(process.getuid!() !== 0)(
    "[CA-09] without a kubeconfig, in a pod: its account is the way in",
    async () => {
      await using chaos = await playground(file("10m"));
      await writeFile(chaos.path("token"), cluster.token);
      await writeFile(chaos.path("ca.crt"), cluster.ca);
      const { hostname, port } = new URL(cluster.server);
      const asPod = `
      mount -t tmpfs tmpfs /run && account=/var/run/secrets/kubernetes.io/serviceaccount && mkdir -p $account &&
        cp token ca.crt $account && exec "$@"`;
      const { code, stdout, stderr } = await chaos.run(
        ["--mount", "sh", "-c", asPod, "pod", launcher, "discover", "k8s.yaml"],
        {
          command: "unshare",
          env: {
            KUBECONFIG: undefined,
            HOME: chaos.folder,
            KUBERNETES_SERVICE_HOST: hostname,
            KUBERNETES_SERVICE_PORT: port,
          },
        },
      );
      expect(code, stderr).toBe(0);
      expect(stdout).toMatch(/staging\s+Deployment\s+web\s+3\s+3/);
    },
  );

  test("no other namespace was touched by any of this", async () => {
    const ours = (await cluster.audit()).filter(({ userAgent }) => userAgent.startsWith("chaos-agents"));
    expect(ours.length).toBeGreaterThan(10);
    const elsewhere = ours.filter(
      ({ namespace, requestURI }) => namespace !== "staging" && !/^\/api\/v1\/nodes\/|accessreviews/.test(requestURI),
    );
    expect(elsewhere).toEqual([]);
  });

  test("discover shows workloads, nodes and what guards them", async () => {
    await using chaos = await playground(file("10m"));
    const { stdout } = await chaos.run(["discover", "k8s.yaml"]);
    expect(stdout).toMatch(/staging\s+Deployment\s+web\s+3\s+3/);
    expect(stdout).toMatch(/node-0\s+true\s+true/);
    expect(stdout).not.toContain("production");
  });
});

const application = (name: string, replicas: number) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name, image: "nginx:1.27" }] },
    },
  },
});
