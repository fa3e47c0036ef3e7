import { randomUUID } from "node:crypto";
import { defineSkill } from "@chaos-agents/core";
import { z } from "zod";
import { fileName } from "./files-config.ts";
import type { FilesTarget } from "./files-target.ts";

const paramsSchema = z.strictObject({
  count: z.int().min(1).max(1_000).default(3).meta({ description: "How many files to make" }),
  prefix: fileName.default("made").meta({ description: "What their names begin with" }),
});
type Params = z.output<typeof paramsSchema>;
const recordSchema = z.object({ names: z.array(fileName).min(1), content: z.string(), scratch: fileName });

export const create = defineSkill<FilesTarget, Params, Params, z.output<typeof recordSchema>>({
  name: "files.create",
  summary: "Make files that nobody asked for",
  effect: "The directory fills up with files.",
  reversal: "exact",
  reversalNote: "The files are removed, except those that somebody wrote to meanwhile.",
  seen: "effect",
  params: paramsSchema,
  undoRecord: recordSchema,
  example: { count: 3 },
  async resolve(target, params) {
    await target.reach();
    const { prefix, count } = params;
    const label = `make ${count} files ${prefix}-*`;
    return [{ key: prefix, label, undoLabel: `remove ${prefix}-*`, cost: { files: count }, data: params }];
  },
  async *inject(target, { data }, { mark, signal, progress }) {
    const token = randomUUID();
    const content = `made by ${mark} ${token}\n`;
    const scratch = target.scratchName();
    const names: string[] = [];
    let id: number | undefined;
    for (let made = 0; made < data.count; made++) {
      const name = `${data.prefix}-${token.slice(0, 8)}-${made + 1}`;
      names.push(name);
      const record = { names: [...names], content, scratch };
      id = yield id === undefined ? { record } : { record, revises: id };
      signal.throwIfAborted();
      if (await target.troubled("failInject", name)) throw new Error(`${name} cannot be made`);
      await target.make(name, Buffer.from(content), scratch);
      progress(made + 1, data.count, "files");
    }
    await target.lingerAfterChange(data.prefix, signal);
  },
  async witness(target, { data }, records) {
    if (await target.troubled("blind", data.prefix)) return { landed: false, detail: "no file is there" };
    let found = 0;
    for (const { names } of records) {
      for (const name of names) if (await target.read(name)) found++;
    }
    return { landed: found === data.count, detail: `${found} of ${data.count} files are there` };
  },
  async undo(target, { names, content, scratch }) {
    await target.beforeUndo(names[0]!);
    await target.remove(scratch);
    const theirs: string[] = [];
    let removed = 0;
    for (const name of names.toReversed()) {
      const now = await target.read(name);
      if (!now) continue;
      if (now.bytes.toString() === content) {
        await target.remove(name);
        removed++;
      } else theirs.push(name);
    }
    const detail = `removed ${removed} of ${names.length} files`;
    if (theirs.length > 0) {
      return { outcome: "conflict", detail, remains: theirs.map((name) => `${name} holds what somebody else wrote`) };
    }
    return { outcome: removed > 0 ? "undone" : "already", detail };
  },
  async verify(target, { names, content, scratch }) {
    const there = await Promise.all([...names, scratch].map((name) => target.read(name)));
    return [...names, scratch].filter((_, i) => there[i]?.bytes.toString() === content);
  },
});
