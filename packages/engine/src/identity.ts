import { createHash } from "node:crypto";
import { type Event, type EventOf, type Target, ChaosError } from "@chaos-agents/core";

/** The targets of a run as it knew them, by name. */
export type KnownTargets = ReadonlyMap<string, Pick<EventOf<"target-discovered">, "label" | "identity">>;

/** What the journal keeps of a target's identity: digests, which neither tell of a server nor hold words to be redacted. */
export function identityOf({ identity = {} }: Target): Record<string, string> {
  const digest = (fact: string) => createHash("sha256").update(fact).digest("hex").slice(0, 16);
  return Object.fromEntries(Object.entries(identity).map(([name, fact]) => [name, digest(fact)]));
}

/** The targets that a run discovered; it did so before it planned. */
export function knownTargets(events: Iterable<Event>): KnownTargets {
  const known = new Map<string, EventOf<"target-discovered">>();
  for (const event of events) {
    if (event.type === "planned") break;
    if (event.type === "target-discovered") known.set(event.target, event);
  }
  return known;
}

/** Throws where a fact that was known then is another one now; what either side could not tell is no difference. */
export function expectSame(target: Target, name: string, known: KnownTargets, run: string): void {
  const then = known.get(name);
  const now = identityOf(target);
  const different = Object.entries(then?.identity ?? {}).some(
    ([fact, was]) => now[fact] !== undefined && now[fact] !== was,
  );
  if (!then || !different) return;
  const where =
    then.label === target.label ? `${target.label} is not what it was` : `${then.label} then, ${target.label} now`;
  throw new ChaosError("another-target", `${name} is another server or database than the one the run broke: ${where}`, {
    remedy:
      "set the variables that its target_config takes from the environment as they were during the run; if what was broken " +
      `has moved here, type \`chaos recover ${run} --moved\``,
    facts: { target: name, run, broken: then.label, found: target.label },
  });
}
