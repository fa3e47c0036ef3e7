import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { ids } from "./desk.fixture.ts";
import { Ear } from "./ear.fixture.ts";
import { nobody } from "./notice.fixture.ts";
import { Notices } from "./notices.ts";

const script = fileURLToPath(new URL("tell-until-killed.fixture.ts", import.meta.url));

test.for([1, 2, 9, 60])(
  "[CA-52] killed while the receiver holds notice %i: the next process delivers every notice, in order",
  async (fatal) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), "chaos-notices-"));
    await using ear = await Ear.open();
    ear.answerWith({ status: 200 }, fatal - 1);
    ear.answerWith("never");
    const child = spawn(process.execPath, [script, folder.path, ear.url], { stdio: ["ignore", "pipe", "inherit"] });
    const printed = text(child.stdout);
    const exited = once(child, "exit");
    try {
      await Promise.race([ear.heardAtLeast(fatal), exited]);
    } finally {
      child.kill("SIGKILL");
    }
    expect(await exited).toEqual([null, "SIGKILL"]);
    const told = (await printed).split("\n").filter((line) => /^r\d+\/\d+$/.test(line));
    expect(told.length).toBeGreaterThanOrEqual(fatal);

    const log = () => undefined;
    const settings = { ...nobody, webhook: { url: ear.url, secret: null } };
    await using _notices = new Notices({ clock: systemClock, notices: settings, folder: folder.path, log });
    // the one that was held is sent again; of one told last the killed process may not have had time to print it
    const heard = ids(await ear.heardAtLeast(told.length + 1));
    expect(heard[fatal]).toBe(heard[fatal - 1]);
    expect([...new Set(heard)].slice(0, told.length)).toEqual(told);
    expect(heard.length - new Set(heard).size).toBe(1);
  },
);
