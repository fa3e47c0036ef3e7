import type { Key } from "ink";
import { expect, test } from "vitest";
import { keysOf } from "./keys.ts";

const plain = {} as Key;

test("a named key is its name, whatever else it brings", () => {
  expect(keysOf("", { upArrow: true } as Key)).toEqual(["up"]);
  expect(keysOf("", { delete: true } as Key)).toEqual(["backspace"]);
  expect(keysOf("c", { ctrl: true } as Key)).toEqual(["ctrl-c"]);
  expect(keysOf("x", { meta: true } as Key)).toEqual([]);
});

test("what was typed at once comes apart into keys", () => {
  expect(keysOf("jj", plain)).toEqual(["j", "j"]);
  expect(keysOf("ab\rq", plain)).toEqual(["a", "b", "enter", "q"]);
  expect(keysOf("日本👩‍🚀", plain)).toEqual(["日", "本", "👩‍🚀"]);
  expect(keysOf("\u0000\u0007x\u007f\u0003", plain)).toEqual(["x", "backspace", "ctrl-c"]);
});
