import { mkdir, mkdtempDisposable, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { experimentFiles } from "./experiment-files.ts";

test("files of experiments are found here and in config, and nothing else", async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-files-"));
  const write = (name: string, text: string) => writeFile(join(folder.path, name), text);
  await mkdir(join(folder.path, "config"));
  await mkdir(join(folder.path, "deep"));
  const one = "experiments:\n  - name: lock\n  - name: 2\n";
  await write("shop.yaml", one);
  await write("config/night.YML", one);
  await write("deep/never.yaml", one);
  await write("note.txt", one);
  await write("compose.yaml", "services: { web: {} }");
  await write("broken.yaml", "experiments: [");
  await write("empty.yaml", "");
  await write("daemon.yaml", "experiments:\n  - schedule: 0 0 2 * * *\n    experiment: { name: nightly }\n");
  await write("huge.yaml", `${one}#${"x".repeat(1_000_001)}`);
  expect(await experimentFiles(folder.path)).toEqual([
    { path: "shop.yaml", names: ["lock", "2"] },
    { path: "config/night.YML", names: ["lock", "2"] },
  ]);
});
