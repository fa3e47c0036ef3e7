import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { Reporter, SerializedError, TestCase, TestModule } from "vitest/node";

/** How the tests went that have a conformance id in their names, by id. */
export type Conformance = Record<string, { passed: number; failed: number; skipped: number; files: string[] }>;

interface NamedTest {
  name: string;
  file: string;
  state: "passed" | "failed" | "skipped" | "pending";
}

/** Finds ids such as `[CA-12]` in the names of tests and of the suites around them. */
export function conformanceOf(tests: Iterable<NamedTest>): Conformance {
  const found: Conformance = {};
  for (const { name, file, state } of tests) {
    for (const id of new Set([...name.matchAll(/\[([A-Z]{2}-\d+)\]/g)].map(([, id]) => id!))) {
      const item = (found[id] ??= { passed: 0, failed: 0, skipped: 0, files: [] });
      item[state === "pending" ? "skipped" : state]++;
      if (!item.files.includes(file)) item.files.push(file);
    }
  }
  return found;
}

/** What failed, in few plain lines: who sees only the end of a log wants to know it. */
const failure = (test: TestCase): string => {
  const why = (test.result().errors ?? []).map(({ message, diff }) => {
    const lines = stripVTControlCharacters(diff ?? "").split("\n");
    const differing = lines.filter((line) => /^[-+] ./.test(line)).slice(0, 12);
    return [message.split("\n", 1)[0]!.slice(0, 300), ...differing].map((line) => `    ${line}\n`).join("");
  });
  return `FAILED ${test.module.relativeModuleId} > ${test.fullName}\n${why.join("")}`;
};

/**
 * Ends the run with what failed and one plain line that CI can read: `N passed, N failed, N skipped`. Where
 * CHAOS_CONFORMANCE names a file, writes there what the run says of conformance.
 */
export default class CiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[] = []): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      // a file that cannot be read, a hook that fails
      for (const failed of [module, ...module.children.allSuites()].filter((one) => one.errors().length > 0)) {
        count.failed++;
        process.stdout.write(`FAILED ${module.relativeModuleId}\n    ${failed.errors()[0]!.message}\n`);
      }
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        count[state]++;
        if (state === "failed") process.stdout.write(failure(test));
      }
    }
    // what nobody was there to catch
    for (const { message, stack } of unhandled) {
      count.failed++;
      process.stdout.write(`FAILED outside of any test\n    ${message}\n${stack ?? ""}\n`);
    }
    const path = process.env["CHAOS_CONFORMANCE"];
    if (path) writeConformance(path, modules);
    process.stdout.write(`${count.passed} passed, ${count.failed} failed, ${count.skipped + count.pending} skipped\n`);
  }
}

function writeConformance(path: string, modules: readonly TestModule[]): void {
  const tests = modules.flatMap((module) =>
    [...module.children.allTests()].map((test) => ({
      name: test.fullName,
      file: module.relativeModuleId,
      state: test.result().state,
    })),
  );
  mkdirSync(dirname(resolve(path)), { recursive: true });
  writeFileSync(path, `${JSON.stringify(conformanceOf(tests), null, 2)}\n`);
}
