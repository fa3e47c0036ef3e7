import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { endProcess, findByArgument, identify, isAlive } from "./process-table.ts";

const onLinux = { skip: process.platform !== "linux" };

test("found by one whole argument, ended, and then gone", onLinux, async () => {
  const mark = randomUUID();
  const start = (argument: string) =>
    spawn("sh", ["-c", "read line", argument], { stdio: ["pipe", "ignore", "ignore"] });
  const ours = start(mark);
  const other = start(`${mark}-other`);
  try {
    const found = await findByArgument(mark);
    expect(found.map(({ pid }) => pid)).toEqual([ours.pid]);
    await endProcess(found[0]!, systemClock);
    expect(await findByArgument(mark)).toEqual([]);
    expect(identify(other.pid!)).toBeDefined();
  } finally {
    ours.kill();
    other.kill();
  }
});

test("a process that has our number is not us unless it started when we did, in this boot", onLinux, () => {
  const us = identify(process.pid)!;
  expect(isAlive(us)).toBe(true);
  expect(isAlive({ ...us, start: "1" })).toBe(false);
  expect(isAlive({ ...us, boot: randomUUID() })).toBe(false);
});
