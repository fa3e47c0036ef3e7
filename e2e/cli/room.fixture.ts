import { expect } from "vitest";
import { openStore } from "@chaos-agents/journal";
import type { Playground } from "./chaos.ts";
import type { TerminalScreen } from "./terminal-screen.ts";

export const summaries = (playground: Playground) => openStore(playground.home).list();

export async function leave(screen: TerminalScreen): Promise<void> {
  screen.type("q");
  await screen.shows("END");
  expectRestored(screen);
}

export function expectRestored(screen: TerminalScreen): void {
  expect(screen.alternate).toBe(false);
  expect(screen.lines[0]).toBe("BEFORE");
  expect(screen.text).toContain("AS BEFORE");
  expect(screen.raw.lastIndexOf("\u001b[?25h")).toBeGreaterThan(screen.raw.lastIndexOf("\u001b[?25l"));
}
