import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

test("importing the package does not load ssh2", () => {
  const program = `
    import { createRequire } from "node:module";
    await import(${JSON.stringify(new URL("index.ts", import.meta.url).href)});
    console.log(Object.keys(createRequire(import.meta.url).cache).filter((file) => file.includes("ssh2")).length);`;
  expect(execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" }).trim()).toBe("0");
});
