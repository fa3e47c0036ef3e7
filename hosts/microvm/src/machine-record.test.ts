import { mkdir, mkdtempDisposable, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  type MachineRecord,
  readRecord,
  readRecords,
  removeRecord,
  removeUnfinished,
  writeRecord,
} from "./machine-record.ts";

const record: MachineRecord = {
  id: "vm-1",
  tag: "t",
  label: "web",
  madeAt: 1,
  owner: { pid: 1, start: "1", boot: "b" },
  image: "i",
  memoryMb: 512,
  namespace: "n",
  network: { kind: "tap", device: "d", link: 1 },
};

test("a record is read as it was written, and gone when removed, twice if need be", async () => {
  await using room = await mkdtempDisposable(join(tmpdir(), "chaos-room-"));
  expect(await readRecords(join(room.path, "none"))).toEqual([]);
  const root = join(room.path, "machines");
  await writeRecord(root, record);
  expect(await readRecords(root)).toEqual([record]);
  const stopped: string[] = [];
  const stop = async (folder: string) => {
    // Whatever has started by now cannot be joined by another one.
    expect(await readdir(root)).not.toContain("vm-1");
    stopped.push(folder);
  };
  await removeRecord(root, "vm-1", stop);
  await removeRecord(root, "vm-1", stop);
  expect(stopped).toEqual([join(root, "vm-1"), join(root, "vm-1")]);
  expect(await readRecord(root, "vm-1")).toBeUndefined();
  expect(await readdir(root)).toEqual([]);
});

test("what was cut off in the middle is nobody's machine, and is cleared away", async () => {
  await using room = await mkdtempDisposable(join(tmpdir(), "chaos-room-"));
  for (const name of [".new-x", ".removed-vm-2"]) {
    await mkdir(join(room.path, name));
    await writeFile(join(room.path, name, "record.json"), "{");
  }
  await writeRecord(room.path, record);
  expect(await readRecords(room.path)).toEqual([record]);
  const stopped: string[] = [];
  await removeUnfinished(room.path, async (folder) => void stopped.push(folder));
  expect(stopped).toEqual([join(room.path, "vm-2")]);
  expect(await readdir(room.path)).toEqual(["vm-1"]);
});
