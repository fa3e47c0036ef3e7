import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { FailingDisk, powerLossMissing } from "./failing-disk.ts";

const missing = await powerLossMissing();
if (missing && process.env["CI"] === "true") throw new Error(missing);
const run = promisify(execFile);

/** Runs a script on the disk, with `dir` and node's fs in its hands, and takes the power away. */
async function afterPowerLoss(script: string, seed?: number): Promise<FailingDisk> {
  const disk = await FailingDisk.make();
  const whole = `const fs = require("node:fs"), { DatabaseSync } = require("node:sqlite"), dir = process.argv[1]; ${script}`;
  const kill = `process.kill(process.pid, "SIGKILL")`;
  const env = { ...process.env, ...disk.env, NODE_OPTIONS: "" };
  await run(process.execPath, ["-e", `${whole}; ${kill}`, disk.directory], { env }).catch(
    (error: { signal: string }) => {
      if (error.signal !== "SIGKILL") throw error;
    },
  );
  await disk.losePower(seed);
  return disk;
}

const syncDirectory = (path: string) => `{ const d = fs.openSync(${path}, "r"); fs.fsyncSync(d); fs.closeSync(d); }`;
const writeFile = (name: string, sync: string) =>
  `{ const f = fs.openSync(dir + "/${name}", "w"); fs.writeSync(f, "words"); ${sync}; fs.closeSync(f); }`;

test.skipIf(missing)("a file lasts when it and its directory were synced, and not otherwise", async () => {
  await using disk = await afterPowerLoss(`
    ${writeFile("both", "fs.fsyncSync(f)")}
    ${writeFile("data", "fs.fdatasyncSync(f)")}
    ${writeFile("neither", "")}
    ${syncDirectory("dir")}
    ${writeFile("late", "fs.fsyncSync(f)")}
    fs.appendFileSync(dir + "/both", " more");
    fs.mkdirSync(dir + "/sub");
  `);
  const read = (name: string) => readFile(join(disk.directory, name), "utf8");
  expect(await read("both")).toBe("words");
  expect(await read("data")).toBe("words");
  expect(await read("neither"), "a name on disk, and nothing in it").toBe("");
  expect(existsSync(join(disk.directory, "late")), "synced, but its name is not on disk").toBe(false);
  expect(existsSync(join(disk.directory, "sub"))).toBe(false);
});

test.skipIf(missing)("a replaced file is the old one until its directory is synced", async () => {
  const replace = `${writeFile("file", "fs.fsyncSync(f)")} ${syncDirectory("dir")}
    fs.writeFileSync(dir + "/new", "other words", { flush: true }); fs.renameSync(dir + "/new", dir + "/file");`;
  await using before = await afterPowerLoss(replace);
  expect(await readFile(join(before.directory, "file"), "utf8")).toBe("words");
  expect(existsSync(join(before.directory, "new"))).toBe(false);
  await using after = await afterPowerLoss(`${replace} ${syncDirectory("dir")}`);
  expect(await readFile(join(after.directory, "file"), "utf8")).toBe("other words");
});

const commits = (synchronous: string) => `
  const db = new DatabaseSync(dir + "/db");
  db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; CREATE TABLE t (n)");
  ${syncDirectory("dir")}
  for (let n = 0; n < 20; n++) db.exec("INSERT INTO t VALUES (" + n + ")");
`;

test.skipIf(missing)("what node:sqlite commits with full sync lasts, and without it does not", async () => {
  for (const seed of [undefined, 1, 2, 3]) {
    await using full = await afterPowerLoss(commits("FULL"), seed);
    using db = new DatabaseSync(join(full.directory, "db"));
    expect(db.prepare("SELECT count(*) AS n FROM t").get(), `luck ${seed}`).toEqual({ n: 20 });
  }
  await using off = await afterPowerLoss(commits("OFF"));
  using db = new DatabaseSync(join(off.directory, "db"));
  expect(db.prepare("SELECT name FROM sqlite_schema").all()).toEqual([]);
});

test.skipIf(missing)("of what was not synced luck keeps some, and loses some", async () => {
  const lengths = new Set<number>();
  const names = new Set<boolean>();
  for (const seed of [1, 20, 300, 4_000, 50_000, 600_000]) {
    await using disk = await afterPowerLoss(
      `fs.writeFileSync(dir + "/kept", Buffer.alloc(40960, 1)); ${syncDirectory("dir")} fs.writeFileSync(dir + "/late", "x");`,
      seed,
    );
    lengths.add((await readFile(join(disk.directory, "kept"))).filter((byte) => byte === 1).length);
    names.add(existsSync(join(disk.directory, "late")));
  }
  expect(lengths.size).toBeGreaterThan(2);
  expect(names.size).toBe(2);
});
