import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { makeLibraryLinks, postgresHome, reachableHome } from "./postgres-binaries.ts";

let directory: string;
beforeEach(() => void (directory = mkdtempSync(join(tmpdir(), "chaos-binaries-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** As npm leaves it where it may run no install scripts. */
function unlinkedCopy(): string {
  const home = postgresHome(18);
  const copy = join(directory, "closed", "native");
  cpSync(home, copy, { recursive: true, filter: (path) => !path.endsWith(".a") && !lstatSync(path).isSymbolicLink() });
  return copy;
}

test("makes the library links that npm did not, and once only", () => {
  const copy = unlinkedCopy();
  const list = JSON.parse(readFileSync(join(copy, "pg-symlinks.json"), "utf8")) as { target: string }[];
  expect(list.length).toBeGreaterThan(5);
  makeLibraryLinks(copy);
  makeLibraryLinks(copy);
  for (const { target } of list) expect(lstatSync(join(copy, "..", target)).isSymbolicLink()).toBe(true);
  expect(spawnSync(join(copy, "bin", "initdb"), ["--version"]).stdout.toString()).toContain("18.");
});

test("as root, takes the programs to where the server's user can reach them", (context) => {
  if (process.getuid!() !== 0) return context.skip("only root runs the server as somebody else");
  const user = { uid: 65_534, gid: 65_534 };
  const copy = unlinkedCopy();
  makeLibraryLinks(copy);
  const theirs = join(directory, "theirs");
  mkdirSync(theirs);
  chownSync(theirs, user.uid, user.gid);
  chmodSync(directory, 0o711);
  expect(reachableHome(copy, theirs, user)).toBe(copy);
  chmodSync(join(directory, "closed"), 0o700);
  const home = reachableHome(copy, theirs, user);
  expect(home.startsWith(theirs)).toBe(true);
  expect(spawnSync(join(home, "bin", "postgres"), ["--version"], user).stdout.toString()).toContain("18.");
  expect(reachableHome(copy, theirs, undefined)).toBe(copy);
});
