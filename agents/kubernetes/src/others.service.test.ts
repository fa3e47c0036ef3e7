import { type Server, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import type { Experiment } from "@chaos-agents/core";
import { StopSource } from "@chaos-agents/engine";
import { builtInProbes } from "@chaos-agents/engine/probes";
import { kubeconfigFile, startPlainFront } from "@chaos-agents/testkit";
import { Stage, experimentOf, standing } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { type ClusterBed, agent, bed, cluster, onCluster, onOwnCluster } from "./test/cluster-bed.fixture.ts";

const subjectOf = () => bed("k8s.scale", { names: ["web"], replicas: 1 }, async () => true);
const stageOf = () => Stage.open({ agents: [agent], probes: builtInProbes });

const scaling = ({ namespace, config }: ClusterBed, replicas = 1, kubeconfig = config["kubeconfig"]): Experiment =>
  using({ namespace, kubeconfig }, "k8s.scale", { names: ["web"], replicas });

const using = (config: Record<string, unknown>, skill: string, params: Record<string, unknown>): Experiment =>
  experimentOf({
    targets: { main: { kind: "kubernetes", config: agent.config.parse(config) } },
    skills: [
      {
        skill,
        params: agent.skills.find(({ name }) => name === skill)!.params.parse(params),
        count: 1,
        target: "main",
      },
    ],
    duration: 3_599_999,
  });

/** A run that stands until it is told to end. */
async function stand(stage: Stage, experiment: Experiment) {
  const stop = new StopSource();
  const running = stage.run(experiment, { stop });
  await standing(stage, running);
  return {
    async end() {
      stop.stop("interrupt", "the test has seen enough");
      return await running;
    },
    /** As somebody who presses Ctrl-C twice: what fails is not tried again. */
    async endInAHurry() {
      stop.stop("interrupt", "the test has seen enough");
      stop.stop("interrupt", "and is in a hurry");
      return await running;
    },
  };
}

const undos = (stage: Stage) => stage.of("undo-finished").map(({ outcome, detail }) => `${outcome}: ${detail}`);

onCluster("others at work in the same cluster", () => {
  test("two runs do not change the same value: the second is refused, and the first is undone as if it had not been", async () => {
    await using subject = await subjectOf();
    await using first = await stageOf();
    await using second = await stageOf();
    const standingRun = await stand(first, scaling(subject));
    const refused = await second.run(scaling(subject, 2));
    expect(refused).toMatchObject({
      verdict: "refused",
      reason: expect.stringMatching(/deployment \S+\/web is broken in the same place by run \d{8}-/),
    });
    expect((await subject.find("deployments/web")).spec.replicas).toBe(1);
    expect(await standingRun.end()).toMatchObject({ left: [] });
    expect((await subject.find("deployments/web")).spec.replicas).toBe(3);
  });

  test("somebody deletes the workload meanwhile: nothing is left to do, and that is said", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    const run = await stand(stage, scaling(subject));
    await subject.call("DELETE", subject.at("deployments/web"));
    expect(await run.end()).toMatchObject({ left: [] });
    expect(undos(stage)).toEqual([`already: deployment ${subject.namespace}/web is gone`]);
    expect(await subject.call("GET", subject.at("configmaps"))).toMatchObject({
      items: [{ metadata: { name: "kube-root-ca.crt" } }],
    });
  });

  test("an operator puts our change back: it is named", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    const run = await stand(stage, scaling(subject));
    const path = `${subject.at("deployments/web")}?fieldManager=argocd-controller`;
    await subject.call("PATCH", path, { spec: { replicas: 3 } }, "application/merge-patch+json");
    expect(await run.end()).toMatchObject({ left: [] });
    expect(undos(stage)[0]).toMatch(/^already: argocd-controller has put it back/);
    expect((await subject.find("deployments/web")).metadata.labels).toBeUndefined();
  });

  test("somebody writes to the object all the time: ours is made and undone between, theirs stays", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    const stop = new AbortController();
    let writes = 0;
    const writing = (async () => {
      while (!stop.signal.aborted) {
        await subject.patch("deployments/web", { metadata: { annotations: { "theirs/count": String(++writes) } } });
      }
    })();
    const run = await stand(stage, scaling(subject));
    expect(await run.end()).toMatchObject({ left: [] });
    stop.abort();
    await writing;
    const { spec, metadata } = await subject.find("deployments/web");
    expect(spec.replicas).toBe(3);
    expect(metadata.annotations["theirs/count"]).toBe(String(writes));
    expect(writes).toBeGreaterThan(5);
  });

  test("what is deleted but held by somebody's finalizer is named, and undo does not hang on it", async () => {
    await using subject = await bed("k8s.network_chaos", {}, async () => true);
    await using stage = await stageOf();
    const { config } = subject;
    const experiment = using({ ...config, lease: "off" }, "k8s.network_chaos", { label_selector: "app=web" });
    const run = await stand(stage, experiment);
    const [policy] = (await subject.call("GET", subject.at("networkpolicies"))).items;
    const path = `networkpolicies/${policy.metadata.name}`;
    await subject.patch(path, { metadata: { finalizers: ["example.com/keep"] } });
    const { left } = await run.endInAHurry();
    expect(left.map(({ why }) => why).join()).toContain("example.com/keep");
    await subject.patch(path, { metadata: { finalizers: null } });
    expect(await stage.recover(stage.of("run-started")[0]!.run)).toMatchObject({ left: [] });
    expect((await subject.call("GET", subject.at("networkpolicies"))).items).toEqual([]);
  });
});

/** Between us and the API server: answers itself, as often as it is told to. */
async function startMoody(
  answer: (method: string, path: string) => { status: number; headers?: Record<string, string> } | undefined,
) {
  const front = await startPlainFront(cluster().server, cluster().ca);
  const server: Server = createServer((asked, response) => {
    const instead = answer(asked.method!, asked.url!);
    if (instead) {
      asked.resume();
      response.writeHead(instead.status, { "content-type": "application/json", ...instead.headers });
      response.end(
        JSON.stringify({ kind: "Status", reason: "Injected", message: `answered ${instead.status} by the test` }),
      );
      return;
    }
    const { method, url: path, headers } = asked;
    const onwards = request({ host: front.host, port: front.port, method, path, headers }, (answered) => {
      response.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(response);
    });
    onwards.on("error", () => response.destroy());
    asked.pipe(onwards);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await front[Symbol.asyncDispose]();
    },
  };
}

onOwnCluster("an API server in a bad mood", "an API server to kill", () => {
  const through = async (subject: ClusterBed, url: string) => {
    const path = `${String(subject.config["kubeconfig"])}.moody`;
    await writeFile(path, kubeconfigFile({ server: url, token: cluster().token }));
    return path;
  };

  test("it says 429 for a while: we wait as long as it asks, and go on", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    let refused = 0;
    await using moody = await startMoody((method) =>
      method === "PATCH" && refused++ % 2 === 0 ? { status: 429, headers: { "retry-after": "1" } } : undefined,
    );
    const run = await stand(stage, scaling(subject, 1, await through(subject, moody.url)));
    expect((await subject.find("deployments/web")).spec.replicas).toBe(1);
    expect(await run.end()).toMatchObject({ left: [] });
    expect(refused).toBeGreaterThan(4);
    expect((await subject.find("deployments/web")).spec.replicas).toBe(3);
  });

  test("it says 409 to a change of ours: we look again, and make it", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    let patches = 0;
    await using moody = await startMoody((method, path) => {
      if (method !== "PATCH" || path.includes("dryRun")) return undefined;
      if (++patches % 2 === 0) return undefined;
      // somebody was quicker
      void subject.patch("deployments/web", { metadata: { annotations: { "theirs/count": String(patches) } } });
      return { status: 409 };
    });
    const run = await stand(stage, scaling(subject, 1, await through(subject, moody.url)));
    expect(await run.end()).toMatchObject({ left: [] });
    expect((await subject.find("deployments/web")).spec.replicas).toBe(3);
  });

  test("it is killed while the fault stands: what cannot be undone is listed, and recovered once it is back", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    const run = await stand(stage, scaling(subject));
    await cluster().killApiServer();
    const outcome = await run.endInAHurry();
    expect(outcome.left.length).toBeGreaterThan(0);
    await cluster().startApiServer();
    expect(await stage.recover(outcome.run)).toMatchObject({ left: [] });
    expect((await subject.find("deployments/web")).spec.replicas).toBe(3);
  }, 240_000);

  test("it is restarted while the fault stands: nobody notices, and all is undone", async () => {
    await using subject = await subjectOf();
    await using stage = await stageOf();
    const run = await stand(stage, scaling(subject));
    await cluster().killApiServer();
    await cluster().startApiServer();
    expect(await run.end()).toMatchObject({ left: [] });
    expect((await subject.find("deployments/web")).spec.replicas).toBe(3);
  }, 240_000);
});
