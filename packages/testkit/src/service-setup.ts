import type { TestProject } from "vitest/node";
import { openServices, type SharedServices } from "./services.ts";

/** Vitest calls this once for each project that runs; the servers are started for the first and end with the last. */
const shared = globalThis as { chaosServices?: { opening: Promise<SharedServices>; users: number } };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const use = (shared.chaosServices ??= { opening: openServices(), users: 0 });
  use.users++;
  const { services } = await use.opening;
  for (const service of services) {
    if ("missing" in service) process.stderr.write(`${service.label} tests are skipped: ${service.missing}\n`);
  }
  project.provide("databases", services);
  return async () => {
    if (--use.users > 0) return;
    delete shared.chaosServices;
    await (await use.opening)[Symbol.asyncDispose]();
  };
}
