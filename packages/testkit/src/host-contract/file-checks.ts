import { mkdtempDisposable, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { CheckedHost, HostCheck } from "./host-contract.ts";

const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) >> (i & 5)));

/** A folder of its own for one check. */
async function folderFor({ host, outside }: CheckedHost, name: string): Promise<string> {
  const folder = `${outside.folder}/${name}`;
  await host.exec(["mkdir", "-p", "--", folder]);
  return folder;
}

export const fileChecks: readonly HostCheck[] = [
  [
    "writes a file as it is, readable by its owner only",
    async (checked) => {
      const folder = await folderFor(checked, "plain");
      const { host, outside } = checked;
      await host.write(`${folder}/file`, bytes);
      expect((await outside.read(`${folder}/file`))!.equals(bytes)).toBe(true);
      expect(await outside.mode(`${folder}/file`)).toBe(0o600);
      await host.write(`${folder}/file`, "häuser\n", { mode: 0o4751 });
      expect((await outside.read(`${folder}/file`))!.toString()).toBe("häuser\n");
      expect(await outside.mode(`${folder}/file`)).toBe(0o4751);
      await host.write(`${folder}/empty`, "");
      expect((await outside.list(folder)).toSorted()).toEqual(["empty", "file"]);
    },
  ],
  [
    "reads a file as it is",
    async (checked) => {
      const folder = await folderFor(checked, "read");
      await checked.host.write(`${folder}/file`, bytes);
      expect(Buffer.from(await checked.host.read(`${folder}/file`)).equals(bytes)).toBe(true);
      await checked.host.write(`${folder}/empty`, "");
      expect(await checked.host.read(`${folder}/empty`)).toHaveLength(0);
    },
  ],
  [
    "says why a file cannot be read or written, and leaves nothing",
    async (checked) => {
      const folder = await folderFor(checked, "errors");
      const { host, outside } = checked;
      const none = { code: "nothing-matched", message: expect.stringContaining(`${folder}/none`) };
      await expect(host.read(`${folder}/none`)).rejects.toMatchObject(none);
      await expect(host.write(`${folder}/none/file`, "x")).rejects.toMatchObject(none);
      await expect(host.write(folder, "x")).rejects.toMatchObject({ message: expect.stringContaining("folder") });
      await expect(host.upload("/no/such/file", `${folder}/file`)).rejects.toMatchObject({ code: "usage" });
      if (host.survey.root !== "root") {
        const forbidden = { code: "permission-missing" };
        await expect(host.write("/etc/chaos-must-not-be", "x")).rejects.toMatchObject(forbidden);
        await expect(host.read("/etc/shadow")).rejects.toMatchObject(forbidden);
      }
      expect(await outside.list(folder)).toEqual([]);
    },
  ],
  [
    "takes any name of a file",
    async (checked) => {
      const folder = await folderFor(checked, "names");
      const names = ["-rf", "two words", 'it\'s "so"', "line\nbreak", "$HOME", "*", "\\", "é", "a;b", "100%", "!"];
      for (const name of names) {
        await checked.host.write(`${folder}/${name}`, name);
        expect(Buffer.from(await checked.host.read(`${folder}/${name}`)).toString()).toBe(name);
      }
      expect((await checked.outside.list(folder)).toSorted()).toEqual(names.toSorted());
    },
  ],
  [
    "reads and writes as root where it can become root",
    async (checked) => {
      const { host, outside, skip } = checked;
      if (host.survey.root === "none") return skip("no root here");
      const folder = await folderFor(checked, "as-root");
      await host.write(`${folder}/file`, bytes, { root: true });
      const { stdout } = await host.exec(["stat", "-c", "%u %a", `${folder}/file`]);
      expect(stdout).toBe("0 600\n");
      expect(Buffer.from(await host.read(`${folder}/file`, { root: true })).equals(bytes)).toBe(true);
      expect(await outside.list(folder)).toEqual(["file"]);
    },
  ],
  [
    "uploads a file, whole",
    async (checked) => {
      const folder = await folderFor(checked, "upload");
      await using local = await mkdtempDisposable(join(tmpdir(), "chaos-host-contract-"));
      const content = Buffer.concat(Array.from({ length: 40 }, () => bytes));
      await writeFile(join(local.path, "file"), content);
      await checked.host.upload(join(local.path, "file"), `${folder}/there`, { mode: 0o755 });
      expect((await checked.outside.read(`${folder}/there`))!.equals(content)).toBe(true);
      expect(await checked.outside.mode(`${folder}/there`)).toBe(0o755);
    },
  ],
  [
    "leaves the old file, and nothing else, when it is told to stop in the middle of one",
    async (checked) => {
      const folder = await folderFor(checked, "stopped");
      const { host, outside } = checked;
      await host.write(`${folder}/there`, "old");
      await using local = await mkdtempDisposable(join(tmpdir(), "chaos-host-contract-"));
      await writeFile(join(local.path, "big"), "");
      await truncate(join(local.path, "big"), 2 ** 31);
      const stop = new AbortController();
      const upload = host.upload(join(local.path, "big"), `${folder}/there`, { signal: stop.signal });
      const stopped = expect(upload).rejects.toThrow("enough");
      while ((await outside.list(folder)).length < 2) await delay(5);
      stop.abort(new Error("enough"));
      await stopped;
      expect(await outside.list(folder)).toEqual(["there"]);
      expect((await outside.read(`${folder}/there`))!.toString()).toBe("old");
    },
  ],
  [
    "leaves the old file, and nothing else, on a full disk",
    async (checked) => {
      const { host, skip } = checked;
      if (host.survey.root === "none") return skip("no root here");
      const folder = await folderFor(checked, "full");
      const mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=777", "tmpfs", folder];
      expect(await host.exec(mount, { root: true })).toMatchObject({ code: 0 });
      try {
        await host.write(`${folder}/there`, "old");
        await expect(host.write(`${folder}/there`, bytes)).rejects.toThrow("No space left on device");
        expect(Buffer.from(await host.read(`${folder}/there`)).toString()).toBe("old");
        expect((await host.exec(["ls", "-A", folder])).stdout).toBe("there\n");
      } finally {
        await host.exec(["umount", folder], { root: true });
      }
    },
  ],
];
