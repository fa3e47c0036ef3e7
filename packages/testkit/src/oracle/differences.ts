import { type Photograph, type Section, sections } from "./facts.ts";

export interface DifferenceOptions {
  /** Whole sections (`sequences`), facts by name (`table public.orders`), or by pattern. */
  ignore?: readonly (Section | (string & {}) | RegExp)[];
}

/**
 * The same, but for sessions and locks that there are fewer of: those of an earlier test may end only after the first
 * photograph was taken.
 */
export function residues(before: Photograph, after: Photograph, options: DifferenceOptions = {}): string[] {
  const old = structuredClone(before);
  for (const section of ["sessions", "locks"] as const) {
    for (const [name, count] of Object.entries(old.facts[section])) {
      const now = after.facts[section][name];
      if (now === undefined) delete old.facts[section][name];
      else if (Number(now) < Number(count)) old.facts[section][name] = now;
    }
  }
  return differences(old, after, options);
}

/** What is not the same, one line each, in words. Empty when nothing is. */
export function differences(before: Photograph, after: Photograph, options: DifferenceOptions = {}): string[] {
  const ignore = options.ignore ?? [];
  const ignored = (name: string) => ignore.some((one) => (one instanceof RegExp ? one.test(name) : one === name));
  return sections
    .filter((section) => !ignored(section))
    .flatMap((section) => {
      const [old, now] = [before.facts[section], after.facts[section]];
      const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
      return names
        .filter((name) => old[name] !== now[name] && !ignored(name))
        .map((name) => `${name}: ${inWords(section, old[name], now[name])}`);
    });
}

function inWords(section: Section, old: string | undefined, now: string | undefined): string {
  if (section === "rows" && old !== undefined && now !== undefined) {
    const [had, has] = [Number.parseInt(old, 10), Number.parseInt(now, 10)];
    return had === has ? `rows differ (${had} before and after)` : `rows differ (${had} before, ${has} after)`;
  }
  if (old === undefined) return `is new: ${shorten(now!, 0)}`;
  if (now === undefined) return `is gone: ${shorten(old, 0)}`;
  let same = 0;
  while (same < old.length && old[same] === now[same]) same++;
  return `was ${shorten(old, same)}, is ${shorten(now, same)}`;
}

/** The part around where two texts begin to differ, on one line. */
function shorten(text: string, at: number): string {
  const from = text.length <= most ? 0 : Math.max(0, at - most / 3);
  const part = text.slice(from, from + most).replaceAll("\n", "\\n");
  return `${from > 0 ? "…" : ""}${part === "" ? "nothing" : part}${from + most < text.length ? "…" : ""}`;
}

const most = 300;
