import { readFile, readdir, writeFile } from "node:fs/promises";
import type { Agent, Skill } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { z } from "zod";
import { filesAgent } from "../files-agent/files-agent.ts";
import { FilesSubject } from "../files-agent/files-subject.ts";
import type { SkillContract, Subject } from "./contract.ts";
import { checks, hold } from "./skill-contract.ts";

/** A skill with one thing wrong, and the promise it breaks by that. */
interface Sabotage {
  wrong: string;
  of: keyof typeof subjects;
  breaks: string;
  how: (skill: Skill) => Partial<Skill>;
}

const subjects = {
  "files.overwrite": { files: ["f02", "f03"], mode: "640" },
  "files.create": { count: 3 },
  "files.lock": { files: ["f01"] },
};

const sabotages: Sabotage[] = [
  {
    wrong: "acts before it yields",
    of: "files.overwrite",
    breaks: "it tells its undo before every change: without that record, the others put everything back",
    how: () => ({
      async *inject(target, { data: { file } }) {
        const original = (await readFile(target.path(file))).toString("base64");
        await writeFile(target.path(file), "changed");
        yield {
          record: {
            file,
            was: { bytes: original, mode: 0o600 },
            became: { bytes: Buffer.from("changed").toString("base64"), mode: 0o600 },
            scratch: ".chaos-x",
          },
        };
      },
    }),
  },
  {
    wrong: "makes a second change that it never told",
    of: "files.create",
    breaks: "it is put back, and putting it back twice changes nothing more",
    how: (skill) => ({
      async *inject(target, thing, context) {
        yield* skill.inject(target, thing, context);
        await writeFile(target.path("untold"), "x");
      },
    }),
  },
  {
    wrong: "forgets the mode in its undo",
    of: "files.overwrite",
    breaks: "it is put back, and putting it back twice changes nothing more",
    how: (skill) => ({
      undo: (target, record, context) =>
        skill.undo(target, { ...record, was: { ...record.was, mode: 0o666 } }, context),
    }),
  },
  {
    wrong: "does not compare before it sets",
    of: "files.overwrite",
    breaks: "what somebody else changed meanwhile is kept, and said",
    how: () => ({
      async undo(target, { file, was, scratch }) {
        await target.replace(file, { bytes: Buffer.from(was.bytes, "base64"), mode: was.mode }, scratch);
        return { outcome: "undone", detail: "" };
      },
    }),
  },
  {
    wrong: "says undone when there was nothing to do",
    of: "files.create",
    breaks: "it is put back, and putting it back twice changes nothing more",
    how: (skill) => ({
      undo: async (...asked) => ({ ...(await skill.undo(...asked)), outcome: "undone" }),
    }),
  },
  {
    wrong: "does not fence what it left running",
    of: "files.lock",
    breaks: "a fresh process puts it back while the client that broke it still lives",
    how: () => ({ fence: async () => undefined }),
  },
  {
    wrong: "yields what JSON cannot hold",
    of: "files.create",
    breaks: "it is put back, and putting it back twice changes nothing more",
    how: (skill) => ({
      undoRecord: (skill.undoRecord as z.ZodObject).extend({ at: z.coerce.date() }),
      async *inject(target, thing, context) {
        const steps = skill.inject(target, thing, context);
        let next = await steps.next(0);
        while (!next.done) {
          const { record, ...rest } = next.value;
          next = await steps.next(yield { record: { ...record, at: new Map([["now", 1]]) }, ...rest });
        }
      },
    }),
  },
  {
    wrong: "sees its fault whether it is there or not",
    of: "files.overwrite",
    breaks: "it tells its undo before every change: without that record, the others put everything back",
    how: () => ({ witness: async () => ({ landed: true, detail: "surely" }) }),
  },
  {
    wrong: "verifies without looking",
    of: "files.lock",
    breaks: "it is put back, and putting it back twice changes nothing more",
    how: () => ({ verify: async () => [] }),
  },
  {
    wrong: "changes something while it looks for what to touch",
    of: "files.overwrite",
    breaks: "a dry run shows what would happen, and changes nothing",
    how: (skill) => ({
      async resolve(target, params, context) {
        await writeFile(target.path("looked"), "x");
        return await skill.resolve(target, params, context);
      },
    }),
  },
  {
    wrong: "lands nowhere, and says it did",
    of: "files.create",
    breaks: "it lands, is felt outside, and is put back when its time is over",
    how: () => ({
      async *inject() {
        yield { record: { names: ["made-0"], content: "", scratch: ".chaos-x" } };
      },
      witness: async () => ({ landed: true, detail: "surely" }),
    }),
  },
  {
    wrong: "goes on although it is told to stop, and leaves its last change untold",
    of: "files.create",
    breaks: "it stops 0 turns into its injection, and is put back",
    how: (skill) => ({
      async *inject(target, thing, context) {
        try {
          yield* skill.inject(target, thing, context);
        } finally {
          await writeFile(target.path("late"), "x");
        }
      },
    }),
  },
];

test.for(sabotages)("the suite catches a skill that $wrong", async ({ of, breaks, how }) => {
  const honest = filesAgent.skills.find(({ name }) => name === of)!;
  const contract = contractOf({ ...filesAgent, skills: [{ ...honest, ...how(honest) }] }, of);
  const check = checks.find(({ promise }) => promise === breaks)!;
  await hold(check, contractOf(filesAgent, of));
  await expect(hold(check, contract)).rejects.toThrow();
});

type Watched = FilesSubject & Pick<Subject, "params" | "observeEffect">;

function contractOf(agent: Agent, skill: keyof typeof subjects): SkillContract<Watched> {
  return {
    agent,
    skill,
    async subject() {
      const files = await FilesSubject.make();
      const before = await files.oracle.photograph();
      const observeEffect = async () => files.oracle.differences(before, await files.oracle.photograph()).length > 0;
      return Object.assign(files, { params: subjects[skill], observeEffect });
    },
    async meddle(files) {
      const [name] = (await readdir(files.directory)).filter((one) => one.startsWith("made") || one === "f03");
      await writeFile(files.path(name!), "mine");
      return async () => (await readFile(files.path(name!), "utf8")) === "mine";
    },
  };
}
