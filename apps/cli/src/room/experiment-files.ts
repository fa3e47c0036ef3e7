import { readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";

export interface ExperimentFile {
  path: string;
  /** The names of its experiments. */
  names: readonly string[];
}

/** Nobody writes an experiment as long as this. */
const tooLong = 1_000_000;
const places = [".", "config"];

/** The files here, and in `config` here, that `chaos run` takes. */
export async function experimentFiles(folder: string): Promise<ExperimentFile[]> {
  const found = await Promise.all(places.map((place) => filesIn(folder, place)));
  return found.flat();
}

async function filesIn(folder: string, place: string): Promise<ExperimentFile[]> {
  const names = await readdir(join(folder, place)).catch(() => []);
  const paths = names
    .filter((name) => /\.ya?ml$/i.test(name))
    .sort()
    .map((name) => join(place, name));
  const files = await Promise.all(
    paths.map(async (path) => ({ path, names: await experimentsIn(join(folder, path)) })),
  );
  return files.flatMap(({ path, names }) => (names === null ? [] : [{ path, names }]));
}

/** Null for a file of anything else. Whether an experiment is right is for the dry run to say. */
async function experimentsIn(path: string): Promise<string[] | null> {
  try {
    const { size } = await stat(path);
    if (size > tooLong) return null;
    const document: unknown = parse(await readFile(path, "utf8"), { logLevel: "silent" });
    const experiments = (document as { experiments?: unknown } | null)?.experiments;
    if (!Array.isArray(experiments)) return null;
    const named = experiments.filter(
      (one): one is { name: unknown } => typeof one === "object" && one !== null && "name" in one,
    );
    return named.length === 0 ? null : named.map(({ name }) => String(name));
  } catch {
    return null;
  }
}
