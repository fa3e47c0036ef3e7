import { expect, test } from "vitest";
import type { MachinePlan } from "../driver.ts";
import { qemuCommandLine } from "./command-line.ts";

const plan: MachinePlan = {
  id: "vm-1",
  folder: "/s/vm-1",
  kernel: "/i/kernel",
  initramfs: "/s/vm-1/initramfs",
  baseDisk: { path: "/i/disk", format: "raw" },
  disk: "/s/vm-1/disk.qcow2",
  memoryMb: 512,
  network: { kind: "user" },
  namespace: null,
  memoryFile: null,
};

/** What follows an option, as often as it is there. */
const values = (argv: string[], option: string) =>
  argv.flatMap((word, index) => (argv[index - 1] === option ? [word] : []));

test("emulates a CPU that is known to work, and asks for hardware's own only under KVM", () => {
  const tcg = qemuCommandLine(plan, { accelerator: "tcg", start: "boot" });
  expect(values(tcg, "-accel")).toEqual(["tcg,thread=multi"]);
  expect(values(tcg, "-cpu")).toEqual(["Nehalem-v1"]);
  const kvm = qemuCommandLine(plan, { accelerator: "kvm", start: "boot" });
  expect(values(kvm, "-accel")).toEqual(["kvm"]);
  expect(values(kvm, "-cpu")).toEqual(["host"]);
});

test("the user's network lets nothing out and listens on loopback alone, at a port nobody else has", () => {
  const argv = qemuCommandLine(plan, { accelerator: "tcg", start: "boot" });
  expect(values(argv, "-netdev")).toEqual(["user,id=network,restrict=on,hostfwd=tcp:127.0.0.1:0-:22"]);
});

test("in a namespace everything is started there, with the TAP that is there", () => {
  const isolated = { ...plan, namespace: "chaos-1", network: { kind: "tap", device: "chaosvm1" } } as const;
  const argv = qemuCommandLine(isolated, { accelerator: "tcg", start: "boot" });
  expect(argv.slice(0, 3)).toEqual(["nsenter", "--net=/run/netns/chaos-1", "qemu-system-x86_64"]);
  expect(values(argv, "-netdev")).toEqual(["tap,id=network,ifname=chaosvm1,script=no,downscript=no"]);
});

test("a template writes its memory's file, a clone only reads it and waits for its state", () => {
  const kept = { ...plan, memoryFile: "/t/memory" };
  const template = qemuCommandLine(kept, { accelerator: "tcg", start: "boot" });
  const clone = qemuCommandLine(kept, { accelerator: "tcg", start: "restore" });
  expect(values(template, "-object")[0]).toMatch(/mem-path=\/t\/memory,share=on$/);
  expect(values(clone, "-object")[0]).toMatch(/mem-path=\/t\/memory,share=off$/);
  expect(values(clone, "-incoming")).toEqual(["defer"]);
  const same = (argv: string[]) => argv.filter((word) => !/share=|^-incoming$|^defer$/.test(word));
  expect(same(clone)).toEqual(same(template));
});

test("only what clones are made of has a port for an identity", () => {
  const port = "virtserialport,chardev=identity,name=chaos.identity";
  expect(qemuCommandLine(plan, { accelerator: "tcg", start: "boot" })).not.toContain(port);
  expect(qemuCommandLine({ ...plan, memoryFile: "/m" }, { accelerator: "tcg", start: "boot" })).toContain(port);
});

test("a comma in a path stays in the path", () => {
  const argv = qemuCommandLine({ ...plan, disk: "/a,b/disk" }, { accelerator: "tcg", start: "boot" });
  expect(values(argv, "-drive")[0]).toContain("file=/a,,b/disk,");
});

test("a folder too deep for sockets is refused before anything starts", () => {
  const deep = { ...plan, folder: `/${"d".repeat(110)}` };
  expect(() => qemuCommandLine(deep, { accelerator: "tcg", start: "boot" })).toThrow(/too long/);
});
