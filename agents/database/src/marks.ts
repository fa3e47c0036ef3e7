import type { Clock, Mark } from "@chaos-agents/core";
import type { Ask, Dialect, OurSession } from "./dialect.ts";
import { endSessions } from "./fence.ts";

interface Looking {
  /** Sessions of the process that looks. */
  own: ReadonlySet<string>;
  clock: Clock;
}

/** Every session of ours that the server knows, whichever run opened it, with the way to end it. */
export async function listMarks(dialect: Dialect, ask: Ask, { own, clock }: Looking): Promise<Mark[]> {
  const sessions = (await dialect.ourSessions(ask)).filter(({ id }) => !own.has(id));
  return sessions.map((session) => {
    const run = /^chaos\/([^/]+)/.exec(session.mark ?? "")?.[1];
    return {
      key: `session ${session.id}`,
      detail: [session.mark ?? "of a run the server does not name", oneLine(session.detail)].filter(Boolean).join(", "),
      ...(run !== undefined && { run }),
      remove: (signal) => endOne(dialect, ask, session, { clock, signal }),
    };
  });
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, " ").trim();

async function endOne(
  dialect: Dialect,
  ask: Ask,
  session: OurSession,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<{ outcome: "undone" | "already"; detail: string }> {
  const ended = await endSessions(dialect, ask, {
    find: async () =>
      (await dialect.ourSessions(ask)).filter(({ id, mark }) => id === session.id && mark === session.mark),
    clock,
    signal,
  });
  return ended > 0
    ? { outcome: "undone", detail: `ended session ${session.id}` }
    : { outcome: "already", detail: `session ${session.id} is gone` };
}
