import { systemClock } from "@chaos-agents/core";
import { openStore } from "@chaos-agents/journal";
import type { Terminal } from "../terminal.ts";
import { lookOn } from "./look.ts";
import { Room } from "./room.ts";
import { RunsPage } from "./runs-page.ts";

const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Opens the view on the whole terminal, until somebody leaves it. Returns the exit code. */
export async function openRoom(terminal: Terminal): Promise<number> {
  const { render, drawn } = await loadView();
  using room = new Room({ store: openStore(), terminal, clock: systemClock, look: lookOn(terminal) });
  room.open(new RunsPage(room));
  const app = render(drawn(room), {
    alternateScreen: true,
    incrementalRendering: true,
    interactive: true,
    exitOnCtrlC: false,
    patchConsole: true,
    maxFps: 20,
  });
  let code = 0;
  const leave = () => room.leave();
  for (const [signal, number] of Object.entries(signals)) {
    process.on(signal, () => {
      code = number;
      leave();
    });
  }
  // Before the error is told, for which there has to be a screen. Whoever tells it also ends the process.
  let crashed = false;
  const restore = () => {
    crashed = true;
    app.unmount();
  };
  process.prependListener("uncaughtException", restore);
  process.prependListener("unhandledRejection", restore);
  terminal.closed.addEventListener("abort", leave, { once: true });
  process.stdin.on("error", leave).on("end", leave);
  // An error while drawing ends the view by itself.
  const ended = app.waitUntilExit();
  await Promise.race([room.left, ended]);
  app.unmount();
  await ended;
  if (crashed) await new Promise(() => undefined);
  return code;
}

/** React's own build for development would keep a record of every drawing. */
async function loadView() {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    const [{ render }, { drawn }] = await Promise.all([import("ink"), import("./room-view.ts")]);
    return { render, drawn };
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
