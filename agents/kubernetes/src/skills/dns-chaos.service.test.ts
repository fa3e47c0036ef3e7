import { skillContract } from "@chaos-agents/testkit/contract";
import { describe, expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, cluster, onCluster, unlessOwn } from "../test/cluster-bed.fixture.ts";

const skill = "k8s.dns_chaos";
const corefile = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
    }
    forward . /etc/resolv.conf
    cache 30
    reload
}
`;
const coredns = (text: string, more: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "coredns", ...more },
  data: { Corefile: text },
});
const corefileOf = async ({ find }: ClusterBed): Promise<string> => (await find("configmaps/coredns")).data.Corefile;

/** CoreDNS as some other set-up has it: in the namespace of the test. */
async function subjectOf(params: Record<string, unknown> = {}, objects: readonly any[] = [coredns(corefile)]) {
  const subject = await bed(skill, {}, async (made) => (await corefileOf(made)).includes("db.example.com"), objects);
  Object.assign(subject.params, { namespace: subject.namespace, names: ["db.example.com"], ...params });
  return subject;
}

onCluster("k8s.dns_chaos", () => {
  skillContract({
    agent,
    skill,
    subject: () => subjectOf(),
    async meddle(subject) {
      const theirs = `${await corefileOf(subject)}corp.example:53 {\n    forward . 10.0.0.53\n}\n`;
      await subject.patch("configmaps/coredns", { data: { Corefile: theirs } });
      return async () => (await corefileOf(subject)) === theirs;
    },
  });

  test("the cluster's own DNS is broken only where system_namespaces says so", async ({ skip }) => {
    skip(...unlessOwn("kube-system"));
    const { call, kubeconfig } = cluster();
    const maps = "/api/v1/namespaces/kube-system/configmaps";
    await call("POST", maps, coredns(corefile));
    const params = { names: ["api.example.com"], answer: "192.0.2.7" };
    const config = { kubeconfig, namespace: "staging" };
    await expect(byHand(skill, { config, params })).rejects.toMatchObject({
      code: "side-effects-refused",
      remedy: expect.stringContaining("system_namespaces: true"),
    });
    await using fault = await byHand(skill, { config: { ...config, system_namespaces: true }, params });
    expect(fault.things).toMatchObject([
      {
        label: "answer questions for api.example.com with 192.0.2.7, by Corefile in configmap kube-system/coredns",
        cost: { services: 1 },
      },
    ]);
    expect(fault.findings).toEqual([]);
    await fault.inject();
    expect(await fault.witness()).toMatchObject({ landed: true });
    const { data } = await call("GET", `${maps}/coredns`);
    expect(data.Corefile).toContain(`.:53 {
    template IN A api.example.com {
        answer "{{ .Name }} 5 IN A 192.0.2.7"
    }`);
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    expect((await call("GET", `${maps}/coredns`)).data.Corefile).toBe(corefile);
    await call("DELETE", `${maps}/coredns`);
  });

  test("preflight says when CoreDNS would not notice, what an old one cannot do, and what every name means", async () => {
    await using subject = await subjectOf({}, [coredns(corefile.replace("    reload\n", ""))]);
    const findings = async (params: Record<string, unknown>) => {
      await using fault = await byHand(skill, { ...subject, params: { ...subject.params, ...params } });
      return fault.findings;
    };
    const noReload = {
      level: "warning",
      code: "no-effect",
      message: expect.stringContaining("no reload plugin"),
      remedy: expect.stringContaining("rollout restart deployment/coredns"),
    };
    expect(await findings({})).toEqual([noReload]);
    expect(await findings({ names: ["*"], answer: "none" })).toMatchObject([
      { level: "warning", code: "side-effects", message: expect.stringContaining("finds anything by name") },
      { level: "warning", code: "side-effects", message: expect.stringContaining("before 1.10.1") },
      noReload,
    ]);
  });

  test("what is no configuration of CoreDNS, or protected, is refused", async () => {
    const plugins = { ...coredns("log\nerrors\n"), metadata: { name: "custom" } };
    const spared = coredns(corefile, { name: "spared", annotations: { "chaos-agents.io/deny": "true" } });
    await using subject = await subjectOf({}, [coredns(corefile), plugins, spared]);
    const resolved = (params: Record<string, unknown>) =>
      byHand(skill, { ...subject, params: { ...subject.params, ...params } });
    const map = (name: string) => `configmap ${subject.namespace}/${name}`;
    await expect(resolved({ config_map: "gone" })).rejects.toMatchObject({
      code: "nothing-matched",
      message: `there is no ${map("gone")}`,
      remedy: expect.stringContaining("config_map"),
    });
    await expect(resolved({ key: "corefile" })).rejects.toThrow(`there is no key corefile in ${map("coredns")}`);
    await expect(resolved({ config_map: "custom" })).rejects.toThrow("no server block can be found");
    await expect(resolved({ config_map: "spared" })).rejects.toThrow('spared says chaos-agents.io/deny: "true"');
  });
});

describe("what cannot be meant", () => {
  const params = agent.skills.find(({ name }) => name === skill)!.params;
  test("names are names, answers are answers, and every name is alone", () => {
    for (const names of [[], ["a b"], ["a}"], ["A.example {"], ["-a.example"]])
      expect(params.safeParse({ names }).success, names.join()).toBe(false);
    for (const answer of ["", "maybe", "10.0.0", "1.2.3.4 }"])
      expect(params.safeParse({ names: ["a.example"], answer }).success, answer).toBe(false);
    expect(unsupported(skill, { names: ["*", "a.example"] })).toMatch(/give it alone/);
    expect(unsupported(skill, { names: ["_ldap._tcp.a.example."], answer: "2001:db8::1" })).toBeUndefined();
  });
});
