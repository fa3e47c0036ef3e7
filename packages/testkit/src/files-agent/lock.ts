import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { randomUUID } from "node:crypto";
import { defineSkill } from "@chaos-agents/core";
import { z } from "zod";
import { fileName } from "./files-config.ts";
import type { FilesTarget } from "./files-target.ts";
import { holdersIn, killHolders, startHolder } from "./holder.ts";

const paramsSchema = z.strictObject({
  files: z.array(fileName).min(1).meta({ description: "Which files to lock" }),
});
const recordSchema = z.object({ file: fileName, lock: fileName, identity: z.string() });

export const lock = defineSkill<
  FilesTarget,
  z.output<typeof paramsSchema>,
  { file: string },
  z.output<typeof recordSchema>
>({
  name: "files.lock",
  summary: "Hold the lock of files, by a process that outlives us",
  effect: "Whoever wants the lock waits.",
  reversal: "exact",
  reversalNote: "The process is ended and its lock removed.",
  seen: "effect",
  params: paramsSchema,
  undoRecord: recordSchema,
  example: { files: ["settings.ini"] },
  concurrency: 4,
  async resolve(target, { files }) {
    await target.reach();
    return files.map((file) => ({
      key: file,
      label: `lock ${file}`,
      undoLabel: `unlock ${file}`,
      cost: { files: 1 },
      data: { file },
    }));
  },
  async *inject(target, { data: { file } }, { mark, hold, signal }) {
    const name = `${file}.lock`;
    const identity = `${mark}/${randomUUID()}`;
    const owner = await target.lockOwner(name);
    if (owner !== undefined) throw new Error(`${file} is locked by ${owner}`);
    yield { record: { file, lock: name, identity } };
    signal.throwIfAborted();
    const child = startHolder(target.label, target.path(name), identity);
    const exited = once(child, "exit");
    hold({
      lost: exited.then(() => `the process that held ${name} has ended`),
      async [Symbol.asyncDispose]() {
        child.kill("SIGKILL");
        await exited;
      },
    });
    while ((await target.lockOwner(name)) !== identity) await delay(5, undefined, { signal });
    await target.lingerAfterChange(file, signal);
  },
  async witness(target, { data: { file } }, records) {
    const owner = await target.lockOwner(`${file}.lock`);
    for (const { identity } of records) if (owner === identity) return { landed: true, detail: `${file} is locked` };
    return { landed: false, detail: `${file} is ${owner ? `locked by ${owner}` : "not locked"}` };
  },
  async fence(target, records, { signal }) {
    const identities = [...records].map(({ identity }) => identity);
    await target.reach();
    await killHolders(identities, signal);
  },
  async undo(target, { file, lock: name, identity }) {
    await target.beforeUndo(file);
    const owner = await target.lockOwner(name);
    if (owner === undefined) return { outcome: "already", detail: `${file} is not locked` };
    if (owner !== identity) return { outcome: "conflict", detail: `${file} is locked by ${owner} now` };
    await target.remove(name);
    return { outcome: "undone", detail: `${file} is unlocked` };
  },
  async verify(target, { file, lock: name, identity }) {
    const holders = await holdersIn(target.label);
    return [
      ...((await target.lockOwner(name)) === identity ? [`${file} is locked by us`] : []),
      ...holders
        .filter((holder) => holder.identity === identity)
        .map(({ pid }) => `process ${pid} still holds ${name}`),
    ];
  },
});
