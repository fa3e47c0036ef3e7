import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { EndingClock, Stage, experimentOf, skillContract, standing } from "@chaos-agents/testkit/contract";
import { builtInProbes } from "@chaos-agents/engine";
import { describe, expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, onCluster, web } from "../test/cluster-bed.fixture.ts";

const skill = "k8s.config_corrupt";
const password = "hunter2 and a half";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const settings = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings" },
  data: { url: "postgres://db:5432/shop", empty: "" },
  binaryData: { blob: Buffer.from([0, 255, 1, 254]).toString("base64") },
};
const login = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "login" },
  data: { password: base64(password) },
};
const inMap = { name: "settings", key: "url", mode: "truncate" };
const inSecret = { kind: "secret", name: "login", key: "password", mode: "scramble" };
const urlOf = async ({ find }: ClusterBed) => (await find("configmaps/settings")).data?.url;
const passwordOf = async ({ find }: ClusterBed) => (await find("secrets/login")).data?.password;

const subjectOf = (params: Record<string, unknown>, objects: readonly any[] = []) =>
  bed(
    skill,
    params,
    async (subject) =>
      (await urlOf(subject)) !== settings.data.url || (await passwordOf(subject)) !== login.data.password,
    [settings, login, ...objects],
  );

onCluster("k8s.config_corrupt", () => {
  skillContract({
    agent,
    skill,
    where: "a ConfigMap",
    subject: () => subjectOf(inMap),
    async meddle(subject) {
      await subject.patch("configmaps/settings", { data: { url: "theirs" } });
      return async () => (await urlOf(subject)) === "theirs";
    },
  });
  skillContract({
    agent,
    skill,
    where: "a Secret whose only key is removed",
    subject: () => subjectOf({ ...inSecret, mode: "remove" }),
    async meddle(subject) {
      await subject.patch("secrets/login", { data: { password: base64("theirs") } });
      return async () => (await passwordOf(subject)) === base64("theirs");
    },
  });

  test("a value is emptied, halved, mixed up, removed or set, text and bytes alike", async () => {
    await using subject = await subjectOf({});
    const { namespace } = subject;
    const become = async (
      params: { kind?: string; name: string; key: string; [more: string]: unknown },
      label: string,
    ) => {
      await using fault = await byHand(skill, { ...subject, params });
      expect(fault.things[0]!.label).toBe(label);
      await fault.inject();
      expect(await fault.witness()).toMatchObject({ landed: true });
      const { data, binaryData } = await subject.find(`${params.kind ?? "configmap"}s/${params.name}`);
      return { ...data, ...binaryData }[params.key];
    };
    const url = { name: "settings", key: "url" };
    const map = `configmap ${namespace}/settings`;
    expect(await become({ ...url, mode: "empty" }, `empty key url of ${map}`)).toBe("");
    expect(await become({ ...url, mode: "truncate" }, `cut in half key url of ${map}`)).toBe("postgres://");
    expect(await become({ ...url, mode: "remove" }, `remove key url of ${map}`)).toBeUndefined();
    expect(await become({ ...url, value: "x" }, `set another value for key url of ${map}`)).toBe("x");
    const mixed = await become({ ...url, mode: "scramble" }, `mix up the characters of key url of ${map}`);
    const sorted = (text: string) => Buffer.from(text).toSorted();
    expect(sorted(mixed)).toEqual(sorted(settings.data.url));
    expect(mixed).not.toBe(settings.data.url);
    const blob = { name: "settings", key: "blob" };
    const half = await become({ ...blob, mode: "truncate" }, `cut in half key blob of ${map}`);
    expect([...Buffer.from(half, "base64")]).toEqual([0, 255]);
    const set = { kind: "secret", name: "login", key: "password", value: "wrong" };
    const spoiled = await become(set, `set another value for key password of secret ${namespace}/login`);
    expect(spoiled).toBe(base64("wrong"));
    expect(await passwordOf(subject)).toBe(login.data.password);
    expect(await urlOf(subject)).toBe(settings.data.url);
  });

  test("what a secret held stands in a secret, and nowhere else: not in the dry run, not in events, not in our journal", async () => {
    await using subject = await subjectOf(inSecret);
    const clock = new EndingClock(3_599_999);
    await using stage = await Stage.open({ agents: [agent], probes: builtInProbes }, clock);
    const experiment = experimentOf({
      targets: { main: { kind: agent.target, config: agent.config.parse(subject.config) } },
      skills: [{ skill, params: inSecret, count: 1, target: "main" }],
      duration: 3_599_999,
    });
    const secrets = [password, base64(password), base64(base64(password)).slice(0, 20)];
    const isSaidIn = (text: string) => secrets.some((secret) => text.includes(secret));
    await stage.plan(experiment);
    expect(isSaidIn(JSON.stringify(stage.events))).toBe(false);
    const running = stage.run(experiment);
    await standing(stage, running);
    const spoiled = Buffer.from(await passwordOf(subject), "base64").toString();
    secrets.push(spoiled, base64(spoiled));
    const { items: maps } = await subject.call("GET", subject.at("configmaps"));
    const { items: kept } = await subject.call("GET", `${subject.at("secrets")}?labelSelector=chaos-agents.io/run`);
    expect(kept).toHaveLength(1);
    expect(Buffer.from(kept[0].data.undo, "base64").toString()).toContain(base64(password));
    expect(isSaidIn(JSON.stringify([maps, kept[0].metadata, (await subject.find("secrets/login")).metadata]))).toBe(
      false,
    );
    clock.end();
    expect(await running).toMatchObject({ verdict: "passed", left: [] });
    expect(await passwordOf(subject)).toBe(login.data.password);
    expect(isSaidIn(JSON.stringify(stage.events))).toBe(false);
    const files = (await readdir(stage.home, { recursive: true, withFileTypes: true })).filter((one) => one.isFile());
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) {
      const text = await readFile(join(file.parentPath, file.name), "latin1");
      expect(isSaidIn(text), file.name).toBe(false);
    }
  });

  test("where somebody deleted the secret with the old value, the undo fails, says so, and what to do", async () => {
    await using subject = await subjectOf(inSecret);
    const fault = await byHand(skill, subject);
    await fault.inject();
    const { items } = await subject.call("GET", `${subject.at("secrets")}?labelSelector=chaos-agents.io/run`);
    const keeper = subject.at(`secrets/${items[0].metadata.name}`);
    await subject.call("DELETE", keeper);
    await expect(fault.putBack()).rejects.toMatchObject({
      code: "rollback-incomplete",
      message: expect.stringContaining(`the old value of secret ${subject.namespace}/login was kept`),
      remedy: expect.stringMatching(/^Set data\.password yourself, then remove the label chaos-agents\.io\/changed-/),
    });
    const { metadata, ...rest } = items[0];
    const again = {
      ...rest,
      metadata: { name: metadata.name, labels: metadata.labels, annotations: metadata.annotations },
    };
    await subject.call("POST", subject.at("secrets"), again);
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    expect(await passwordOf(subject)).toBe(login.data.password);
    await fault[Symbol.asyncDispose]();
  });

  test("preflight tells who reads it and when, refuses what is immutable, and asks for rights on secrets only for secrets", async () => {
    const reading = (name: string, pod: Record<string, unknown>, container: Record<string, unknown>) => {
      const { spec, ...rest } = web(pod);
      const [one] = spec.template.spec.containers;
      const labels = { app: name };
      const template = {
        metadata: { labels },
        spec: { ...spec.template.spec, containers: [{ ...one, ...container }] },
      };
      return { ...rest, metadata: { name }, spec: { replicas: 1, selector: { matchLabels: labels }, template } };
    };
    const volumes = [{ name: "conf", configMap: { name: "settings" } }];
    const objects = [
      reading("files", { volumes }, { volumeMounts: [{ name: "conf", mountPath: "/conf" }] }),
      reading("one-file", { volumes }, { volumeMounts: [{ name: "conf", mountPath: "/url", subPath: "url" }] }),
      reading(
        "variable",
        {},
        {
          env: [{ name: "URL", valueFrom: { configMapKeyRef: { name: "settings", key: "url" } } }],
        },
      ),
      reading("secret", {}, { envFrom: [{ secretRef: { name: "login" } }] }),
      { ...settings, metadata: { name: "fixed" }, immutable: true },
    ];
    await using subject = await subjectOf({}, objects);
    const { namespace, until, pods } = subject;
    await until("all are there", async () => (await pods("app")).length === 7);
    const findings = async (params: Record<string, unknown>) => {
      await using fault = await byHand(skill, { ...subject, params });
      return fault.findings;
    };
    expect(await findings(inMap)).toEqual([
      {
        level: "info",
        code: "note",
        message: `1 pod reads configmap ${namespace}/settings from files; 2 pods read it at the start, and will not notice before`,
      },
    ]);
    expect(await findings(inSecret)).toMatchObject([
      {
        level: "warning",
        code: "no-effect",
        message: "1 pod reads it at the start: nothing is felt before a restart",
      },
    ]);
    expect(await findings({ ...inMap, name: "fixed" })).toMatchObject([
      {
        level: "error",
        code: "unsupported",
        message: `configmap ${namespace}/fixed is immutable: nobody can change it`,
      },
    ]);
    const path = subject.at("roles/chaos-k8s-config-corrupt");
    const { rules } = await subject.call("GET", path);
    const without = rules
      .map((rule: any) => ({ ...rule, resources: rule.resources.filter((one: string) => one !== "secrets") }))
      .filter((rule: any) => rule.resources.length > 0);
    await subject.call("PATCH", path, { rules: without }, "application/merge-patch+json");
    expect(await findings(inMap)).toMatchObject([{ level: "info" }]);
    await expect(findings(inSecret)).rejects.toMatchObject({ code: "permission-missing" });
  });

  test("a key that is not there is answered with those that are; a value that would stay is refused", async () => {
    await using subject = await subjectOf({});
    const resolved = (params: Record<string, unknown>) => byHand(skill, { ...subject, params });
    await expect(resolved({ ...inMap, key: "ulr" })).rejects.toMatchObject({
      code: "nothing-matched",
      message: `there is no key ulr in configmap ${subject.namespace}/settings`,
      remedy: "It has: empty, url, blob",
    });
    await expect(resolved({ ...inMap, name: "gone" })).rejects.toThrow(
      `there is no configmap ${subject.namespace}/gone`,
    );
    await expect(resolved({ ...inMap, key: "empty", mode: "empty" })).rejects.toThrow("would stay as it is");
  });
});

describe("what cannot be meant", () => {
  test("neither value nor mode, or both", () => {
    const config = { namespace: "x" };
    const { mode: _, ...neither } = inMap;
    expect(unsupported(skill, neither, config)).toBe("give either value or mode");
    expect(unsupported(skill, { ...inMap, value: "x" }, config)).toBe("give either value or mode");
    expect(unsupported(skill, inMap)).toMatch(/no namespace is given/);
  });
});
