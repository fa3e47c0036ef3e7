import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ExperimentFolders } from "./experiment-folders.ts";

async function scene() {
  const outside = await mkdtempDisposable(join(tmpdir(), "chaos-folders-"));
  const config = join(outside.path, "config");
  await mkdir(join(config, "deep"), { recursive: true });
  await writeFile(join(outside.path, "secret.yaml"), "untouched");
  await writeFile(join(config, "shop.yaml"), "shop");
  await writeFile(join(config, "deep/other.yml"), "other");
  await symlink(outside.path, join(config, "out"));
  await symlink(join(outside.path, "secret.yaml"), join(config, "link.yaml"));
  return { outside, config, folders: await ExperimentFolders.open([config]) };
}

test("files are listed by their folder's name, and read and written whole", async () => {
  const { outside, folders, config } = await scene();
  await using _outside = outside;
  expect((await folders.list()).map(({ file }) => file)).toEqual(["config/deep/other.yml", "config/shop.yaml"]);
  expect(await folders.read("config/deep/other.yml")).toBe("other");
  await folders.write("config/new/one.yaml", "one");
  expect(await readFile(join(config, "new/one.yaml"), "utf8")).toBe("one");
  await expect(folders.read("config/none.yaml")).rejects.toMatchObject({ code: "not-found" });
});

test("two folders of one name are told apart", async () => {
  const { outside, config } = await scene();
  await using _outside = outside;
  await mkdir(join(outside.path, "b/config"), { recursive: true });
  const folders = await ExperimentFolders.open([config, join(outside.path, "b/config")]);
  expect(folders.names).toEqual(["config", "config-2"]);
});

test("no path, however it is put together, leads out", async () => {
  const { outside, folders } = await scene();
  await using _outside = outside;
  const part = fc.constantFrom(
    "..",
    ".",
    "",
    "config",
    "deep",
    "out",
    "link.yaml",
    "secret.yaml",
    "shop.yaml",
    "\\",
    "%2e%2e",
    "\0",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), fc.constantFrom("/", "\\", "//"), async (parts, slash) => {
      const file = ["config", ...parts].join(slash);
      const read = await folders.read(file).catch(() => "refused");
      expect(read).not.toBe("untouched");
      await folders.write(file, "written").catch(() => undefined);
      expect(await readFile(join(outside.path, "secret.yaml"), "utf8")).toBe("untouched");
    }),
    { numRuns: 300 },
  );
});
