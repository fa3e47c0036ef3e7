import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, onCluster } from "../test/cluster-bed.fixture.ts";

const skill = "k8s.service_break";
const service = (name: string, selector?: Record<string, string>, more: Record<string, unknown> = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...(selector && { selector }), ...more },
});

/** As those who forward traffic are told. */
const addresses = async ({ call, namespace }: ClusterBed, name = "web"): Promise<string[]> => {
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  const { items } = await call("GET", `${slices}?labelSelector=kubernetes.io/service-name%3D${name}`);
  return items.flatMap(({ endpoints }: any) => (endpoints ?? []).flatMap((one: any) => one.addresses));
};

async function subjectOf(params: Record<string, unknown> = { names: ["web"] }, objects: readonly any[] = []) {
  const isAlone = async (subject: ClusterBed) => (await addresses(subject)).length === 0;
  const subject = await bed(skill, params, isAlone, [service("web", { app: "web" }), ...objects]);
  await subject.until("its pods are behind it", async () => (await addresses(subject)).length === 3);
  return subject;
}

onCluster("k8s.service_break", () => {
  skillContract({
    agent,
    skill,
    subject: () => subjectOf(),
    async meddle({ patch, find }) {
      await patch("services/web", { spec: { selector: { "chaos-agents.io/no-pod": "mine" } } });
      return async () => (await find("services/web")).spec.selector["chaos-agents.io/no-pod"] === "mine";
    },
  });

  test("another selector that somebody sets meanwhile stays, and ours goes", async () => {
    await using subject = await subjectOf();
    await using fault = await byHand(skill, subject);
    expect(fault.findings).toEqual([]);
    await fault.inject();
    expect(await fault.witness()).toEqual({ landed: true, detail: "no pod is behind web" });
    await subject.patch("services/web", { spec: { selector: { app: "web2" } } });
    expect(await fault.putBack()).toEqual([{ outcome: "undone", detail: "0 ready pods behind web" }]);
    expect((await subject.find("services/web")).spec.selector).toEqual({ app: "web2" });
  });

  test("once it is undone, the pods are behind it again", async () => {
    await using subject = await subjectOf();
    await using fault = await byHand(skill, subject);
    await fault.inject();
    await fault.witness();
    expect(await fault.putBack()).toEqual([{ outcome: "undone", detail: "3 ready pods behind web" }]);
    expect(await addresses(subject)).toHaveLength(3);
  });

  test("a tool that puts the whole selector back is noticed and said", async () => {
    await using subject = await subjectOf();
    await using fault = await byHand(skill, subject);
    await fault.inject();
    const { metadata, spec, ...rest } = await subject.find("services/web");
    const whole = { ...rest, metadata, spec: { ...spec, selector: { app: "web" } } };
    await subject.call("PUT", subject.at("services/web"), whole);
    expect(await fault.witness()).toMatchObject({ landed: false });
    expect(await fault.putBack()).toMatchObject([
      { outcome: "already", detail: expect.stringMatching(/ has put it back; 3 ready pods behind web$/) },
    ]);
  });

  test("services are chosen by what they look for; those that look for nothing, and protected ones, cannot be", async () => {
    const others = [
      service("cache", { app: "cache" }),
      service("elsewhere", undefined, { type: "ExternalName", externalName: "db.example.com", ports: undefined }),
      service("by-hand"),
      {
        ...service("spared", { app: "web" }),
        metadata: { name: "spared", annotations: { "chaos-agents.io/deny": "true" } },
      },
    ];
    await using subject = await subjectOf({}, others);
    const chosen = async (params: Record<string, unknown>) => {
      await using fault = await byHand(skill, { ...subject, params });
      return fault.things.map(({ label }) => label);
    };
    const { namespace } = subject;
    const label = (name: string) => `make service ${namespace}/${name} find none of its pods with app=${name}`;
    expect(await chosen({ label_selector: "app=web", count: "all" })).toEqual([label("web")]);
    expect(await chosen({ label_selector: "*", count: "all" })).toEqual([label("cache"), label("web")]);
    await expect(chosen({ names: ["by-hand"] })).rejects.toMatchObject({
      code: "nothing-matched",
      message: `there is no service by-hand in namespace ${namespace} that may be chosen: by-hand looks for no pods`,
    });
    await expect(chosen({ names: ["elsewhere"] })).rejects.toThrow("elsewhere looks for no pods");
    await expect(chosen({ names: ["spared"] })).rejects.toThrow('spared says chaos-agents.io/deny: "true"');
    await using alone = await byHand(skill, { ...subject, params: { names: ["cache"] } });
    expect(alone.findings).toMatchObject([{ level: "warning", code: "no-effect" }]);
  });

  test("without names or labels, nothing is chosen", () => {
    expect(unsupported(skill, {}, { namespace: "x" })).toMatch(/no services are selected/);
    expect(unsupported(skill, { names: ["web"] })).toMatch(/no namespace is given/);
    expect(unsupported(skill, {}, { namespace: "x", label_selector: "app=web" })).toBeUndefined();
  });
});
