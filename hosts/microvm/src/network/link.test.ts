import { expect, test } from "vitest";
import { freeLink, linkAddress } from "./link.ts";

test("each machine has a network of two", () => {
  expect(linkAddress(9)).toEqual({
    address: "172.16.9.2",
    prefix: 30,
    netmask: "255.255.255.252",
    gateway: "172.16.9.1",
  });
});

test("the lowest free number is taken, and none when there is none", () => {
  expect(freeLink(new Set([1, 2, 4]), "n")).toBe(3);
  const all = new Set(Array.from({ length: 254 }, (_, index) => index + 1));
  expect(() => freeLink(all, "n")).toThrow(/254/);
});
