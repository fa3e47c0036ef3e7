import { ChaosError } from "@chaos-agents/core";
import { hasErrors, parseExperimentFile } from "@chaos-agents/experiment-file";
import { z } from "zod";
import { type Routes, record } from "./routes.ts";
import { fileShape, validationShape } from "./shapes.ts";

const fileName = z.string().min(1).max(1_000);
const text = z.string().max(1_000_000);

export const experimentRoutes: Routes = (app, room) => {
  const { catalog, env, folders } = room;
  const parse = (words: string, file: string) =>
    parseExperimentFile(Buffer.from(words), { catalog, env, file, purpose: "validate" });

  app.get(
    "/files",
    {
      schema: {
        summary: "Experiment files in the folders that were opened",
        tags: ["experiments"],
        response: { 200: z.array(fileShape) },
      },
    },
    async () =>
      await Promise.all(
        (await folders.list()).map(async (found) => ({
          ...found,
          names: namesIn(await folders.read(found.file).catch(() => "")),
        })),
      ),
  );

  const namesIn = (words: string) => {
    const { kind, names } = parse(words, "");
    return kind === "experiments" ? names : [];
  };

  app.get(
    "/files/content",
    {
      schema: {
        summary: "What stands in one of them",
        tags: ["experiments"],
        querystring: z.object({ file: fileName }),
        response: { 200: z.object({ file: z.string(), text: z.string() }) },
      },
    },
    async ({ query: { file } }) => ({ file, text: await folders.read(file) }),
  );

  app.put(
    "/files/content",
    {
      schema: {
        summary: "Save one of them, or a new one",
        tags: ["experiments"],
        body: z.object({ file: fileName, text }),
        response: { 200: z.object({ file: z.string() }) },
      },
    },
    async (request) => {
      const { file, text: words } = request.body;
      record(room, request, "save", file);
      await folders.write(file, words);
      return { file };
    },
  );

  app.post(
    "/validate",
    {
      schema: {
        summary: "Everything that is wrong with a file, with line and column; connects to nothing",
        tags: ["experiments"],
        body: z.object({ text, file: fileName.optional() }),
        response: { 200: validationShape },
      },
    },
    async ({ body: { text: words, file = "experiment.yaml" } }) => {
      const { kind, names, diagnostics } = parse(words, file);
      return {
        valid: !hasErrors(diagnostics),
        kind: kind ?? null,
        names: [...names],
        diagnostics: diagnostics.map(({ excerpt: _excerpt, ...one }) => one),
      };
    },
  );
};

export interface Source {
  text?: string | undefined;
  file?: string | undefined;
  experiment?: string | undefined;
}

/** A source's words, where they came from, and the names of the experiments that are meant. Throws what is wrong with it. */
export async function readSource(
  { catalog, env, folders }: Pick<Parameters<Routes>[1], "catalog" | "env" | "folders">,
  { text: words, file, experiment }: Source,
): Promise<{ text: string; file: string | null; names: string[] }> {
  const found = words ?? (await folders.read(file!));
  const { kind, names, diagnostics } = parseExperimentFile(Buffer.from(found), {
    catalog,
    env,
    file: file ?? "experiment.yaml",
    purpose: "validate",
  });
  if (hasErrors(diagnostics)) {
    throw new ChaosError("invalid-file", "the file has errors", {
      remedy: "POST /api/v1/validate tells where",
      facts: { diagnostics: diagnostics.map(({ excerpt: _excerpt, ...one }) => one) },
    });
  }
  if (kind !== "experiments") throw new ChaosError("invalid-file", "that is no file of experiments");
  if (experiment !== undefined && !names.includes(experiment)) {
    throw new ChaosError("usage", `there is no experiment "${experiment}" in it`, {
      remedy: `there are: ${names.join(", ")}`,
    });
  }
  return { text: found, file: file ?? null, names: experiment === undefined ? [...names] : [experiment] };
}
