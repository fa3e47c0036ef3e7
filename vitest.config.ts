import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Last come those that need the control plane, which is built beside the others where it never was. */
class KubernetesLast extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const needsCluster = ({ moduleId }: TestSpecification) => /kubernetes|k8s/.test(moduleId);
    return [...sorted.filter((file) => !needsCluster(file)), ...sorted.filter(needsCluster)];
  }
}

/** `*.test.ts` need nothing but Node; `*.service.test.ts` start real servers; `*.crash.test.ts` kill and recover. */
export default defineConfig({
  test: {
    sequence: { sequencer: KubernetesLast },
    reporters: ["default", "./packages/testkit/src/ci-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          isolate: false,
          pool: "threads",
          maxWorkers: 2,
          testTimeout: 20_000,
          setupFiles: ["./packages/testkit/src/property-runs.ts"],
          // child processes start in half the time
          env: { NODE_COMPILE_CACHE: join(import.meta.dirname, "node_modules/.cache/compiled") },
          include: ["{packages,agents,hosts,apps}/*/src/**/*.test.ts", "e2e/**/*.test.ts"],
          exclude: ["**/*.service.test.ts", "**/*.crash.test.ts", "**/node_modules/**"],
        },
      },
      {
        test: {
          name: "service",
          sequence: { groupOrder: 1 },
          include: ["{packages,agents,hosts,apps}/*/src/**/*.service.test.ts", "e2e/**/*.service.test.ts"],
          globalSetup: ["./packages/testkit/src/service-setup.ts"],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "crash",
          sequence: { groupOrder: 1 },
          include: ["{packages,agents,hosts,apps}/*/src/**/*.crash.test.ts", "e2e/**/*.crash.test.ts"],
          globalSetup: ["./packages/testkit/src/service-setup.ts"],
          // every point of one skill takes a quarter of an hour
          testTimeout: process.env["CRASH_POINTS"] === undefined ? 300_000 : 4 * 3_600_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
