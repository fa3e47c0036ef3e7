import { describe, expect, test } from "vitest";
import { overlap, pathText, placeOf, setting, valueAt } from "./paths.ts";

const object = {
  spec: {
    taints: [
      { key: "a", effect: "NoSchedule", value: "1" },
      { key: "b", effect: "NoExecute" },
    ],
  },
};
const ofB = ["spec", "taints", { key: "b", effect: "NoExecute" }];
const ofC = ["spec", "taints", { key: "c", effect: "NoExecute" }];

describe("items of lists are found by what they are known by", () => {
  test("wherever they stand", () => {
    expect(valueAt(object, ofB)).toEqual({ key: "b", effect: "NoExecute" });
    expect(placeOf(object, ofB)).toBe(1);
    expect(valueAt(object, ["spec", "taints", { key: "b", effect: "NoSchedule" }])).toBeUndefined();
    expect(valueAt(object, [...ofC, "value"])).toBeUndefined();
  });

  test("changed, taken away, and put back in their place", () => {
    expect(setting(object, [...ofB, "value"], "2")).toEqual([{ op: "add", path: "/spec/taints/1/value", value: "2" }]);
    expect(setting(object, ofB, undefined)).toEqual([{ op: "remove", path: "/spec/taints/1" }]);
    expect(setting(object, ofC, { key: "c" }, 0)).toEqual([{ op: "add", path: "/spec/taints/0", value: { key: "c" } }]);
    expect(setting(object, ofC, { key: "c" }, 7)).toEqual([{ op: "add", path: "/spec/taints/2", value: { key: "c" } }]);
    expect(setting(object, ofC, undefined)).toEqual([]);
    expect(setting({ spec: {} }, ofC, { key: "c" })).toEqual([
      { op: "add", path: "/spec/taints", value: [{ key: "c" }] },
    ]);
  });
});

test("two ways overlap where one leads through the other", () => {
  expect(overlap(ofB, [...ofB, "value"])).toBe(true);
  expect(overlap(ofB, ofC)).toBe(false);
  expect(overlap(["spec"], ofC)).toBe(true);
  expect(pathText([...ofB, "value"])).toBe("spec.taints.b:NoExecute.value");
});
