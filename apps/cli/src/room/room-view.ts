import { Text, Box, useInput, useWindowSize } from "ink";
import { createElement, useEffect, useReducer } from "react";
import { keysOf } from "./keys.ts";
import type { Room } from "./room.ts";

export const drawn = (room: Room) => createElement(RoomView, { room });

/** The room on the terminal: its lines, drawn again whenever it changes, and the keys it gets. */
function RoomView({ room }: { room: Room }) {
  const { columns, rows } = useWindowSize();
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => room.watch(redraw), [room]);
  useInput((input, key) => room.press(keysOf(input, key)));
  const width = columns || 80;
  const height = rows || 24;
  const lines = room.lines({ width, height });
  // A text of its own for each line: what Ink remembers of texts it has measured stays small.
  return createElement(
    Box,
    { flexDirection: "column", width, height },
    lines.map((line, index) => createElement(Text, { key: index, wrap: "truncate" }, line === "" ? " " : line)),
  );
}
