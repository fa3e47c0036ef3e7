import { lstat, readFile, readdir, writeFile } from "node:fs/promises";
import { skillContract } from "../contract/skill-contract.ts";
import { filesAgent } from "./files-agent.ts";
import { FilesSubject } from "./files-subject.ts";

async function subject(params: Record<string, unknown>, isFelt: (files: FilesSubject) => Promise<boolean>) {
  const files = await FilesSubject.make();
  return Object.assign(files, { params, observeEffect: () => isFelt(files) });
}
const isThere = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

skillContract({
  agent: filesAgent,
  skill: "files.overwrite",
  subject: () =>
    subject({ files: ["f02", "f03"], mode: "640" }, async (files) =>
      (await readFile(files.path("f02"), "utf8")).startsWith("overwritten"),
    ),
  async meddle(files) {
    await writeFile(files.path("f03"), "mine");
    return async () => (await readFile(files.path("f03"), "utf8")) === "mine";
  },
});

skillContract({
  agent: filesAgent,
  skill: "files.create",
  subject: () => subject({ count: 8 }, async (files) => (await readdir(files.directory)).length > 3),
  async meddle(files) {
    const made = (await readdir(files.directory)).find((name) => name.startsWith("made-"))!;
    await writeFile(files.path(made), "mine");
    return async () => (await readFile(files.path(made), "utf8")) === "mine";
  },
});

skillContract({
  agent: filesAgent,
  skill: "files.lock",
  subject: () => subject({ files: ["f01", "f02"] }, (files) => isThere(files.path("f01.lock"))),
});
