import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";

/** All that a directory is, by name; read without any of the agent's code. */
export type FilesPhotograph = Record<string, string>;

export async function photographFiles(directory: string): Promise<FilesPhotograph> {
  const names = (await readdir(directory, { recursive: true })).sort();
  const facts = names.map(async (name) => {
    const path = join(directory, name);
    const { mode } = await lstat(path);
    const kind = mode & 0o170000;
    const content =
      kind === 0o100000 ? (await readFile(path)).toString("base64") : kind === 0o120000 ? await readlink(path) : "";
    return [name, `${mode.toString(8)} ${content}`] as const;
  });
  return Object.fromEntries(await Promise.all(facts));
}

export function fileDifferences(before: FilesPhotograph, after: FilesPhotograph): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => {
      if (before[name] === undefined) return `${name} is new`;
      return after[name] === undefined ? `${name} is gone` : `${name} is not what it was`;
    });
}

export const filesOracle = (directory: string) => ({
  photograph: () => photographFiles(directory),
  differences: fileDifferences,
});
