import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const loaded = async (code: string): Promise<string[]> => {
  const list = `
    const { default: { _cache } } = await import("node:module");
    const packages = Object.keys(_cache).map((file) => /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(file)?.[1]);
    console.log(JSON.stringify([...new Set(packages)]));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", code + list], {
    cwd: import.meta.dirname,
  });
  return JSON.parse(stdout) as string[];
};

test("importing the agent loads no driver", async () => {
  const drivers = ["pg", "pg-copy-streams", "mysql2"];
  const imported = await loaded(`await import("@chaos-agents/database");`);
  expect(drivers.filter((driver) => imported.includes(driver))).toEqual([]);
  const all = await loaded(`
    await import("./postgres/index.ts"); await import("./postgres/insert-load.ts"); await import("./mysql/index.ts");`);
  expect(
    drivers.filter((driver) => all.includes(driver)),
    "it would be seen",
  ).toEqual(drivers);
});
