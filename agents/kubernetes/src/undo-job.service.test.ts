import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { kubeconfigFile } from "@chaos-agents/testkit";
import { FaultAlone } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { type ClusterBed, agent, bed, cluster, onOwnCluster } from "./test/cluster-bed.fixture.ts";

const skill = agent.skills.find(({ name }) => name === "k8s.scale")!;

/** The service account of the Job, with the role that is printed for it and nothing more; answers its kubeconfig. */
async function undoer(subject: ClusterBed, folder: string): Promise<string> {
  const { call, at } = subject;
  await call("POST", at("serviceaccounts"), { metadata: { name: "undoer" } });
  const roles = parseAllDocuments(skill.role!).map((document): any => document.toJS());
  const role = roles.find(({ metadata }) => metadata.name.endsWith("-undo-job"));
  const { name } = role.metadata;
  await call("POST", at("roles"), { ...role, metadata: { name } });
  await call("POST", at("rolebindings"), {
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    subjects: [{ kind: "ServiceAccount", name: "undoer", namespace: subject.namespace }],
  });
  const { status } = await call("POST", at("serviceaccounts/undoer/token"), { spec: { expirationSeconds: 3_600 } });
  const path = join(folder, "kubeconfig");
  await writeFile(path, kubeconfigFile({ ...cluster(), token: status.token }));
  return path;
}

/** Runs on this machine what the Job's container would run: no played node starts one. */
async function runContainer(subject: ClusterBed, job: any, folder: string): Promise<void> {
  const { spec } = job.spec.template;
  const [container] = spec.containers;
  expect(spec).toMatchObject({ serviceAccountName: "undoer", automountServiceAccountToken: true });
  expect(container.image).toBe("kubectl.example/kubectl:1");
  const keeper = await subject.find(`configmaps/${spec.volumes[0].configMap.name}`);
  const patch = join(folder, "patch");
  await writeFile(patch, keeper.data.patch);
  const [kubectl, ...words] = cluster().kubectl.filter((word) => !word.startsWith("--kubeconfig"));
  await writeFile(join(folder, "kubectl"), `#!/bin/sh\nexec ${kubectl} ${words.join(" ")} "$@"\n`);
  await chmod(join(folder, "kubectl"), 0o755);
  const [command, ...args] = container.command.map((word: string) => (word === "/undo/patch" ? patch : word));
  const env = { PATH: `${folder}:${process.env["PATH"]}`, KUBECONFIG: await undoer(subject, folder), HOME: folder };
  await promisify(execFile)(command, args, { env });
}

async function killed() {
  const subject = await bed("k8s.scale", { names: ["web"], replicas: 1 }, async () => true);
  const folder = await mkdtemp(join(tmpdir(), "chaos-undo-job-"));
  const undo_job = { image: "kubectl.example/kubectl:1", service_account: "undoer" };
  const fault = await FaultAlone.open(agent, skill, { ...subject.config, lease: "15s", undo_job });
  const [thing] = await fault.things(subject.params);
  const driven = fault.drive(thing!);
  await driven.finish();
  const { items } = await subject.call("GET", subject.at("jobs"));
  const job = items.find(({ metadata }: any) => metadata.name.startsWith("chaos-undo-"));
  // as a process that is killed
  await driven.letGo();
  return Object.assign(subject, {
    fault,
    driven,
    job,
    folder,
    replicas: async () => (await subject.find("deployments/web")).spec.replicas as number,
    async [Symbol.asyncDispose]() {
      await fault[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  });
}

onOwnCluster("a Job that undoes what no lease can own", "its kubectl", () => {
  test("when our lease is over, and not before, it puts back what is still ours; recovery finds nothing to do", async () => {
    await using subject = await killed();
    expect(await subject.replicas()).toBe(1);
    const running = runContainer(subject, subject.job, subject.folder);
    await expect.poll(async () => (await subject.find("jobs")).items.length, { timeout: 60_000 }).toBe(1);
    await running;
    expect(await subject.replicas()).toBe(3);
    expect((await subject.find("deployments/web")).metadata.labels).toBeUndefined();
    expect((await subject.find("configmaps")).items.map(({ metadata }: any) => metadata.name)).toEqual([
      "kube-root-ca.crt",
    ]);
    expect((await subject.fault.putBack(subject.driven.records)).map(({ outcome }) => outcome)).toEqual(["already"]);
    expect((await subject.find("jobs")).items).toEqual([]);
  });

  test("what somebody changed since stays theirs, and the way back is kept", async () => {
    await using subject = await killed();
    await subject.patch("deployments/web", { spec: { replicas: 2 } });
    await expect(runContainer(subject, subject.job, subject.folder)).rejects.toThrow(/The request is invalid/);
    expect(await subject.replicas()).toBe(2);
    expect((await subject.fault.putBack(subject.driven.records)).map(({ outcome }) => outcome)).toEqual(["conflict"]);
    expect(await subject.replicas()).toBe(2);
  });

  test("while we live it waits, and goes with the undo", async () => {
    await using subject = await killed();
    expect((await subject.fault.putBack(subject.driven.records)).map(({ outcome }) => outcome)).toEqual(["undone"]);
    expect(await subject.replicas()).toBe(3);
    await expect.poll(async () => (await subject.find("jobs")).items, { timeout: 30_000 }).toEqual([]);
  });
});
