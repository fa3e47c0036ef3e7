import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { byHand, unsupported } from "../test/by-hand.fixture.ts";
import { type ClusterBed, agent, bed, onCluster, web } from "../test/cluster-bed.fixture.ts";

const shop = () => {
  const object: any = web();
  object.metadata.name = "shop";
  object.spec.selector.matchLabels.app = "shop";
  object.spec.template.metadata.labels.app = "shop";
  object.spec.template.spec.containers = [
    {
      name: "shop",
      image: "nginx:1.27",
      env: [
        { name: "HOST", value: "db" },
        { name: "PORT", value: "5432" },
        { name: "URL", value: "$(HOST):$(PORT)" },
      ],
    },
  ];
  return object;
};
const envs = async ({ pods }: ClusterBed): Promise<Record<string, string>[]> =>
  (await pods("app=shop")).map(({ spec }) =>
    Object.fromEntries((spec.containers[0].env ?? []).map(({ name, value }: any) => [name, value])),
  );
const shopBed = async (params: Record<string, unknown>, felt: (made: ClusterBed) => Promise<boolean>) => {
  const subject = await bed("k8s.env_change", { names: ["shop"], ...params }, felt, [shop()]);
  await subject.until("the shop is ready", async () => {
    return (await subject.find("deployments/shop")).status?.readyReplicas === 3;
  });
  return subject;
};

onCluster("k8s.env_change", () => {
  skillContract({
    agent,
    skill: "k8s.env_change",
    subject: () =>
      shopBed({ name: "PORT", value: "1" }, async (made) => {
        const now = await envs(made);
        return now.length === 3 && now.every(({ PORT }) => PORT === "1");
      }),
    async meddle({ find, patch }) {
      const { containers } = (await find("deployments/shop")).spec.template.spec;
      containers[0].env.find(({ name }: any) => name === "PORT").value = "5433";
      await patch("deployments/shop", { spec: { template: { spec: { containers } } } });
      return async () => JSON.stringify((await find("deployments/shop")).spec.template).includes("5433");
    },
  });

  skillContract({
    agent,
    skill: "k8s.env_change",
    where: "a variable that is taken away",
    only: /puts? back|put back when|putting it back/,
    subject: () =>
      shopBed({ name: "HOST", remove: true, at_once: true }, async (made) => {
        const now = await envs(made);
        return now.length === 3 && now.every(({ HOST }) => HOST === undefined);
      }),
  });

  test("others change the list meanwhile: ours is found by its name, and goes back to its place", async () => {
    await using subject = await shopBed({ name: "HOST", remove: true }, async () => true);
    await using fault = await byHand("k8s.env_change", subject);
    await fault.inject();
    const { containers } = (await subject.find("deployments/shop")).spec.template.spec;
    containers[0].env.push({ name: "MORE", value: "theirs" });
    containers.unshift({ name: "first", image: "first:1" });
    await subject.patch("deployments/shop", { spec: { template: { spec: { containers } } } });
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    const now = (await subject.find("deployments/shop")).spec.template.spec.containers;
    expect(now.map(({ name }: any) => name)).toEqual(["first", "shop"]);
    expect(now[1].env.map(({ name }: any) => name)).toEqual(["HOST", "PORT", "URL", "MORE"]);
  });

  test("a variable that was not there is added, and gone after", async () => {
    await using subject = await shopBed({ name: "DEBUG", value: "hunter2" }, async () => true);
    const before = (await subject.find("deployments/shop")).spec;
    await using fault = await byHand("k8s.env_change", subject);
    const [{ label, undoLabel }] = fault.things as [any];
    expect(label).toContain("add the variable DEBUG in container shop");
    expect([label, undoLabel].join()).not.toContain("hunter2");
    await fault.inject();
    expect((await fault.witness()).landed).toBe(true);
    expect(await fault.putBack()).toMatchObject([{ outcome: "undone" }]);
    expect((await envs(subject)).map(({ DEBUG }) => DEBUG)).toEqual([undefined, undefined, undefined]);
    expect((await subject.find("deployments/shop")).spec).toEqual(before);
  });

  test("what would do nothing is refused: the value it has, a variable that is not there, neither or both", async () => {
    await using subject = await shopBed({ name: "PORT", value: "5432" }, async () => true);
    await using same = await byHand("k8s.env_change", subject);
    expect(same.findings).toMatchObject([{ level: "error", code: "no-effect" }]);
    await expect(
      byHand("k8s.env_change", { ...subject, params: { names: ["shop"], name: "PROT", remove: true } }),
    ).rejects.toMatchObject({
      message: "container shop of shop sets no variable PROT",
      remedy: "It sets: HOST, PORT, URL",
    });
    const where = { namespace: "a", names: ["b"], name: "C" };
    expect(unsupported("k8s.env_change", where)).toContain("either");
    expect(unsupported("k8s.env_change", { ...where, value: "", remove: true })).toContain("either");
    expect(unsupported("k8s.env_change", { ...where, value: "" })).toBeUndefined();
  });
});
