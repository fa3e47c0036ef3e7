import { mkdtempDisposable } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import { expect, test } from "vitest";
import { Terminal } from "../terminal.ts";
import type { DetachedChaos } from "./chaos-child.ts";
import { lookOf } from "./look.ts";
import { Room } from "./room.ts";
import { RunsPage } from "./runs-page.ts";

const size = { width: 80, height: 24 };

async function opened() {
  const folder = await mkdtempDisposable(join(tmpdir(), "chaos-room-test-"));
  const store = openStore(folder.path);
  const detached: string[][] = [];
  const detach = (args: readonly string[]) => {
    detached.push([...args]);
    return { code: undefined, [Symbol.dispose]() {} } as unknown as DetachedChaos;
  };
  const room = new Room({ store, terminal: new Terminal(), clock: systemClock, look: lookOf(false, true), detach });
  room.open(new RunsPage(room));
  const shows = async (text: string) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => void (room.lines(size).join("\n").includes(text) && resolve());
    const stop = room.watch(look);
    look();
    await promise;
    stop();
  };
  return {
    room,
    store,
    shows,
    detached,
    async [Symbol.asyncDispose]() {
      room[Symbol.dispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("a question is not answered by what was typed before it stood there", async () => {
  await using held = await opened();
  held.room.press(["H", "y"]);
  await held.shows("y yes   any other key no");
  expect(await held.store.lever.read()).toBeNull();
  held.room.press(["y"]);
  await held.shows("HALTED by");
  expect(await held.store.lever.read()).toMatchObject({ reason: "halted in the terminal view" });
  await held.shows("what killed runs left is put back");
  expect(held.detached).toEqual([["recover", "--all"]]);
});

test.for(["n", "enter", "escape", "q", " "])("%s is no yes", async (key) => {
  await using held = await opened();
  held.room.press(["H"]);
  held.room.press([key]);
  await held.shows("Nothing was done.");
  expect(await held.store.lever.read()).toBeNull();
});

test("what is typed into a search is text, and leaves nothing", async () => {
  await using held = await opened();
  held.room.press(["/", "q", "H", "?", "é", "👩‍🚀", "backspace", "tab"]);
  await held.shows("/qH?é▏");
  held.room.press(["escape"]);
  await held.shows("No run was made yet");
});

test("pages open on top of each other, and Escape goes back", async () => {
  await using held = await opened();
  held.room.press(["?"]);
  await held.shows("Runs › Help");
  held.room.press(["escape"]);
  await held.shows("No run was made yet");
  held.room.press(["escape", "escape"]);
  await held.shows("No run was made yet");
  held.room.press(["q"]);
  await held.room.left;
});
