import { ChaosError, defineSkill, type Finding, counted } from "@chaos-agents/core";
import { z } from "zod";
import { endpointOf } from "../config.ts";
import type { Database } from "../database.ts";
import { mysqlSessionKill } from "../mysql/session-kill.ts";
import { percentSchema } from "../percent.ts";
import { postgresSessionKill } from "../postgres/session-kill.ts";
import type { ServerSession } from "../schema.ts";

/** Together they name one connection, however often its number is used again. */
const victim = z.strictObject({
  id: z.string(),
  user: z.string().nullable(),
  client: z.string().nullable(),
  connectedAt: z.number().nullable(),
});
type Victim = z.output<typeof victim>;

const selection = z.strictObject({
  /** Null: in any. */
  database: z.string().nullable(),
  user: z.string().nullable(),
  application: z.string().nullable(),
});
type Selection = z.output<typeof selection>;

/** Nothing of it can be put back; it says whose connections they were, and how many of the kind there were. */
const record = z.strictObject({ victims: z.array(victim), selection, before: z.int() });

/** What each engine does its own way. */
export interface SessionKilling {
  /** Users whose sessions are left alone unless they are named. */
  administrators(database: Database, signal: AbortSignal): Promise<string[]>;
  /** Asks the server to end this very session; no error when it is gone. */
  end(database: Database, victim: Victim, signal: AbortSignal): Promise<void>;
}

const engines: Record<Database["engine"], SessionKilling> = { postgres: postgresSessionKill, mysql: mysqlSessionKill };

const patienceMs = 10_000;
const pauseMs = 20;

export const sessionKill = defineSkill({
  name: "db.session_kill",
  summary: "End other clients' sessions on the server",
  effect: "The clients lose their connections: what they were doing is rolled back, and they have to connect again.",
  reversal: "recovers-by-itself",
  reversalNote: "Clients come back by themselves or not at all; the undo says how many have.",
  seen: "effect",
  params: z
    .strictObject({
      count: z.int().min(1).optional().meta({ description: "How many; one when percent is left out too" }),
      percent: percentSchema.optional().meta({ description: "How many of those that match; instead of count" }),
      user: z.string().min(1).optional().meta({
        description: "Only this user's; administrators' sessions are spared unless they are named here",
      }),
      application: z.string().min(1).optional().meta({ description: "PostgreSQL: only with this application_name" }),
      database: z
        .string()
        .min(1)
        .optional()
        .meta({ description: "Only in this database; ours when left out, * for any" }),
      idle_only: z.boolean().default(false).meta({ description: "Only those that do nothing at that moment" }),
    })
    .superRefine(({ count, percent }, context) => {
      if (count === undefined || percent === undefined) return;
      context.addIssue({ code: "custom", path: ["percent"], message: "give count or percent, not both" });
    }),
  undoRecord: record,
  example: { percent: "50%", application: "shop/web" },

  unsupported(targetConfig, { application }) {
    if (application === undefined || endpointOf(targetConfig)?.engine !== "mysql") return undefined;
    return "application is PostgreSQL's; on MySQL choose by user";
  },

  async resolve(database: Database, params, { signal }) {
    const selected = selectionOf(database, params);
    const { others, matching } = await look(database, selected, params.idle_only, signal);
    if (matching.length === 0) throw nobody(database, selected);
    const count = Math.min(
      matching.length,
      params.percent === undefined ? (params.count ?? 1) : Math.ceil((matching.length * params.percent) / 100),
    );
    return [
      {
        key: "sessions",
        label: `end ${count} of ${counted(matching.length, "session")} ${words(selected)}`,
        undoLabel: "see how many clients have come back",
        cost: { sessions: count, percent: Math.round((100 * count) / others.length) },
        data: { selection: selected, count, idleOnly: params.idle_only },
      },
    ];
  },

  async preflight(database, things, _params, { signal }) {
    const findings: Finding[] = [];
    for (const { data } of things) {
      const { matching } = await look(database, data.selection, data.idleOnly, signal);
      const areOurUsers = matching.every(({ user }) => user === ourUser(database));
      if (areOurUsers && data.selection.user !== null) continue;
      const needs = [{ right: "see-sessions" as const }, { right: "end-sessions" as const }];
      findings.push(...(await database.missingPrivileges(needs, signal)));
    }
    return findings;
  },

  async *inject(database, { data }, { signal, clock, random, progress, note }) {
    const { matching } = await look(database, data.selection, data.idleOnly, signal);
    // those we may not see well enough could be somebody else by the time we act
    const known = matching.filter(({ client, connectedAt }) => client !== null || connectedAt !== null);
    const victims = random.sample(known, data.count).map(identityOf);
    if (victims.length === 0) throw nobody(database, data.selection);
    if (victims.length < data.count) note(`only ${counted(victims.length, "such session")} left to end`);
    const all = await look(database, data.selection, false, signal);
    yield { record: { victims, selection: data.selection, before: all.matching.length } };
    for (const [done, one] of victims.entries()) {
      await engines[database.engine].end(database, one, signal);
      progress(done + 1, victims.length, "sessions");
    }
    const started = clock.monotonic();
    while ((await alive(database, victims, signal)) > 0 && clock.monotonic() - started < patienceMs) {
      await clock.sleep(pauseMs, signal);
    }
  },

  async witness(database, _thing, records, { signal }) {
    const victims = [...records].flatMap((one) => one.victims);
    const left = await alive(database, victims, signal);
    return {
      landed: left < victims.length,
      detail: `${victims.length - left} of ${counted(victims.length, "session")} gone`,
    };
  },

  async undo(database, { victims, selection: selected, before }, { signal }) {
    const { matching } = await look(database, selected, false, signal);
    const now = `${counted(matching.length, "session")} ${words(selected)} now, ${before} before`;
    return { outcome: "already", detail: `${counted(victims.length, "session")} chosen to be ended: ${now}` };
  },

  async verify() {
    return [];
  },
});

function selectionOf(
  database: Database,
  {
    database: name,
    user,
    application,
  }: { database?: string | undefined; user?: string | undefined; application?: string | undefined },
): Selection {
  const current = name ?? database.server.database;
  if (current === null) {
    throw new ChaosError(
      "nothing-matched",
      "connection_url names no database, so it is not clear whose sessions to end",
      {
        remedy: "Name one in database, or write * for the sessions in any",
      },
    );
  }
  return { database: current === "*" ? null : current, user: user ?? null, application: application ?? null };
}

/** Other people's client sessions, and those of them that are meant. */
async function look(
  database: Database,
  { database: name, user, application }: Selection,
  idleOnly: boolean,
  signal: AbortSignal,
) {
  const others = (await database.serverSessions(signal)).filter(({ ours }) => !ours);
  const spared = user === null ? new Set(await engines[database.engine].administrators(database, signal)) : new Set();
  const matching = others.filter(
    (session) =>
      session.user !== null &&
      !spared.has(session.user) &&
      (name === null || session.database === name) &&
      (user === null || session.user === user) &&
      (application === null || session.application === application) &&
      (!idleOnly || session.state === "idle"),
  );
  return { others, matching };
}

async function alive(database: Database, victims: readonly Victim[], signal: AbortSignal): Promise<number> {
  const there = new Set((await database.serverSessions(signal)).map((session) => JSON.stringify(identityOf(session))));
  return victims.filter((one) => there.has(JSON.stringify(identityOf(one)))).length;
}

const identityOf = ({ id, user, client, connectedAt }: Victim | ServerSession): Victim => ({
  id,
  user,
  client,
  connectedAt,
});

/** MySQL's is user@host. */
const ourUser = ({ engine, server }: Database): string =>
  engine === "mysql" ? server.user.slice(0, server.user.lastIndexOf("@")) : server.user;

function words({ database, user, application }: Selection): string {
  const by = user === null ? "of any user but administrators" : `of ${user}`;
  return [by, application && `as ${application}`, database === null ? "in any database" : `in ${database}`]
    .filter(Boolean)
    .join(" ");
}

const nobody = (database: Database, selected: Selection): ChaosError =>
  new ChaosError("nothing-matched", `${database.label} has no session ${words(selected)} that we may see`, {
    remedy:
      database.engine === "mysql"
        ? "Name another user or database, or GRANT PROCESS to see others' sessions"
        : "Name another user, application or database; administrators' sessions only end when they are named",
  });
