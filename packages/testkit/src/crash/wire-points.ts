import type { Random } from "@chaos-agents/core";
import type { WireMessage, WireVerdict } from "../wire/wire-proxy.ts";
import type { CrashBed, CrashSubject } from "./crash-bed.ts";
import type { CrashPoint } from "./crash-points.ts";

/** Of a run that sends more, so many messages are picked. */
const mostMessages = 400;

type Wire = NonNullable<CrashSubject["wire"]>;

/** What befalls a message while its sender is killed. */
interface Fate {
  where: string;
  at: string;
  /** Of the messages, which it befalls; all when left out. */
  only?: (message: { bytes: number }) => boolean;
  verdict: WireVerdict;
  /** Before the verdict. */
  first?: () => Promise<void>;
  /** The verdict is given before the sender is killed. */
  meanwhile?: true;
  /** When the sender is dead; and a target that heals itself has to do so without it. */
  whenDead?: () => Promise<void>;
  /** The verdict is given when all is put back. */
  late?: true;
}

function fatesOn({ late, link }: Wire): Fate[] {
  const fates: Fate[] = [
    { where: "before the server has a message", at: "before", verdict: "cut" },
    { where: "after the server has a message", at: "after", verdict: "forward-and-cut" },
  ];
  if (late) {
    const where = "with a message that comes when all is over";
    fates.push({ where, at: "long before", verdict: "forward-and-keep", late: true, only: late.isOne });
  }
  if (link) {
    const ends = { first: () => link.cut(), whenDead: () => link.mend() };
    fates.push({
      where: "with the cable pulled",
      at: "without a cable at",
      verdict: "forward",
      meanwhile: true,
      ...ends,
    });
  }
  return fates;
}

/** At each message of a run, in every way that the wire knows. */
export async function wirePoints<P>(bed: CrashBed<P>, random: Random): Promise<CrashPoint[]> {
  const { wire, experiment } = bed.subject;
  if (!wire) return [];
  await using home = await bed.home();
  await using counted = await wire.open();
  await using child = bed.start({ home: home.path, experiment: wire.through(experiment, counted) });
  await child.ended();
  const { messages } = counted;
  const middle = messages[messages.length >> 1]!;
  const rest = messages.filter((message) => message !== middle);
  // counted among its like, where only some are meant: a run may send others in between
  const nth = (message: WireMessage, { only }: Fate) => (only ? messages.filter(only).indexOf(message) + 1 : message.n);
  return [middle, ...random.sample(rest, mostMessages - 1)].flatMap((message) =>
    fatesOn(wire)
      .filter(({ only }) => only?.(message) ?? true)
      .map((fate) => ({
        where: fate.where,
        at: `${fate.at} message ${message.n} (${message.bytes} bytes)`,
        always: fate.verdict === "cut" && message === middle,
        strike: (path, later) => strike(bed, wire, { n: nth(message, fate), fate, path, later }),
      })),
  );
}

async function strike<P>(
  bed: CrashBed<P>,
  wire: Wire,
  { n, fate, path, later }: { n: number; fate: Fate; path: string; later: AsyncDisposableStack },
): Promise<boolean | undefined> {
  const proxy = await wire.open();
  later.use(proxy);
  const held = Promise.withResolvers<true>();
  const decided = Promise.withResolvers<WireVerdict>();
  const hold = () => {
    held.resolve(true);
    return decided.promise;
  };
  if (fate.only) proxy.onMessageLike(fate.only, n, hold);
  else proxy.onMessage(n, hold);
  await using running = bed.start({ home: path, experiment: wire.through(bed.subject.experiment, proxy) });
  if (!(await Promise.race([held.promise, running.hears("ended").then(() => undefined)]))) return undefined;
  await running.freeze();
  const landed = await bed.subject.landed();
  await fate.first?.();
  if (fate.meanwhile) decided.resolve(fate.verdict);
  await running.kill();
  if (bed.subject.healsItself) later.defer(async () => await fate.whenDead?.());
  else await fate.whenDead?.();
  if (fate.late) later.defer(() => wire.late!.deliver(() => decided.resolve(fate.verdict)));
  else decided.resolve(fate.verdict);
  return landed;
}
