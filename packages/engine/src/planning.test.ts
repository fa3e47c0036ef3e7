import { expect, test } from "vitest";
import { type PlannedFault, planCost } from "./planning.ts";

const fault = (target: string, ...hosts: string[]): Pick<PlannedFault, "use" | "things"> => ({
  use: { skill: "server.disk_fill", params: {}, target, count: 1 },
  things: hosts.map((host) => ({ key: host, label: "", undoLabel: "", cost: { files: 1 }, host, data: {} })),
});

test("a machine that several faults break counts once, and once for each target that has it", () => {
  expect(planCost([fault("web", "a", "b"), fault("web", "b")])).toEqual({ files: 3, hosts: 2 });
  expect(planCost([fault("web", "a"), fault("db", "a")])).toEqual({ files: 2, hosts: 2 });
  expect(planCost([{ use: fault("web").use, things: [] }])).toEqual({});
});
