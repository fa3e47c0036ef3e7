import { defineSkill } from "@chaos-agents/core";
import { z } from "zod";
import { fileName } from "./files-config.ts";
import { type FilesTarget, type FileState, sameState } from "./files-target.ts";

const octal = z.string().regex(/^[0-7]{3,4}$/, "a mode in octal, such as 600");
const paramsSchema = z.strictObject({
  files: z.array(fileName).default([]).meta({ description: "Which files; all that pass the filters when left out" }),
  mode: octal.optional().meta({ description: "The mode to give them; theirs when left out" }),
});
const stateSchema = z.object({ bytes: z.base64(), mode: z.int() });
const recordSchema = z.object({
  file: fileName,
  was: stateSchema,
  became: stateSchema,
  /** Where the new content is while it is on its way. */
  scratch: fileName,
});

const stored = ({ bytes, mode }: FileState) => ({ bytes: bytes.toString("base64"), mode });
const restored = ({ bytes, mode }: z.output<typeof stateSchema>) => ({ bytes: Buffer.from(bytes, "base64"), mode });

export const overwrite = defineSkill<
  FilesTarget,
  z.output<typeof paramsSchema>,
  { file: string; mode?: number },
  z.output<typeof recordSchema>
>({
  name: "files.overwrite",
  summary: "Write something else into files",
  effect: "Whoever reads the files finds words of ours in them.",
  reversal: "exact",
  reversalNote: "Bytes and mode come back. Files that somebody changed meanwhile stay as they are.",
  seen: "effect",
  params: paramsSchema,
  undoRecord: recordSchema,
  example: { files: ["settings.ini"], mode: "600" },
  concurrency: 8,
  async resolve(target, { files, mode }, { matchesFilters }) {
    const chosen = files.length > 0 ? files : (await target.files()).filter(matchesFilters);
    return chosen.map((file) => ({
      key: file,
      label: `overwrite ${file}`,
      undoLabel: `put ${file} back`,
      cost: { files: 1 },
      data: { file, ...(mode === undefined ? {} : { mode: Number.parseInt(mode, 8) }) },
    }));
  },
  async preflight(target, things) {
    const there = await Promise.all(things.map(({ data }) => target.read(data.file)));
    return things.flatMap(({ key }, i) =>
      there[i] ? [] : [{ level: "error" as const, code: "no-effect" as const, message: `there is no file ${key}` }],
    );
  },
  async *inject(target, thing, { mark, signal, run, fault }) {
    const { file } = thing.data;
    const was = await target.read(file);
    if (!was) throw new Error(`${file} is gone`);
    const mode = thing.data.mode ?? was.mode;
    const became = { bytes: Buffer.from(`overwritten by fault ${fault} of run ${run}\n`), mode };
    const scratch = target.scratchName();
    yield { record: { file, was: stored(was), became: stored(became), scratch } };
    signal.throwIfAborted();
    if (await target.troubled("failInject", file)) throw new Error(`${file} does not let itself be written (${mark})`);
    await target.replace(file, became, scratch);
    await target.lingerAfterChange(file, signal);
  },
  async witness(target, { data }, records) {
    if (await target.troubled("blind", data.file)) return { landed: false, detail: `${data.file} looks as before` };
    const now = await target.read(data.file);
    for (const { became } of records) {
      if (now && sameState(now, restored(became))) return { landed: true, detail: `${data.file} holds our words` };
    }
    return { landed: false, detail: `${data.file} does not hold what we wrote` };
  },
  async fence(target, records) {
    for (const { file } of records) {
      if (await target.troubled("failFence", file)) throw new Error(`whoever writes ${file} cannot be ended`);
    }
  },
  async undo(target, { file, was, became, scratch }) {
    await target.beforeUndo(file);
    await target.remove(scratch);
    const now = await target.read(file);
    if (!now) return { outcome: "conflict", detail: `${file} was removed by somebody else; it stays so` };
    if (sameState(now, restored(was))) return { outcome: "already", detail: `${file} is as it was` };
    if (!sameState(now, restored(became))) {
      return {
        outcome: "conflict",
        detail: `${file} was changed by somebody else; theirs is kept`,
        remains: [`${file} holds what somebody else wrote`],
      };
    }
    await target.replace(file, restored(was), scratch);
    return { outcome: "undone", detail: `${file} is back` };
  },
  async verify(target, { file, became, scratch }) {
    const now = await target.read(file);
    return [
      ...(now && sameState(now, restored(became)) ? [`${file} holds what we wrote`] : []),
      ...((await target.read(scratch)) ? [`${scratch} is still there`] : []),
    ];
  },
});
