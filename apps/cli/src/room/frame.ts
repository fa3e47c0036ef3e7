import { type Ink, displayWidth, fitted } from "@chaos-agents/report";
import type { Look, Said, Size } from "./look.ts";

/** A key, and what it does in a word or two. */
export type Hint = readonly [key: string, does: string];

export interface Picture {
  /** Where one is: `Runs`, then the run's name. */
  crumbs: readonly string[];
  /** On the right of the first line, most important first. */
  status: readonly Said[];
  /** Above everything else, while it lasts. */
  banner: Said | null;
  body: readonly string[];
  /** What was asked, or said last. */
  foot: Said | null;
  hints: readonly Hint[];
}

/** Lines around a page's own: where one is above, what can be typed below. */
const aroundBody = 4;

export const bodyHeight = (height: number, banner: boolean) => Math.max(0, height - aroundBody - (banner ? 1 : 0));

/** A whole screen: exactly as high as asked, and no line wider. */
export function framed(picture: Picture, { width, height }: Size, look: Look): string[] {
  const { banner, body, foot, hints } = picture;
  const room = bodyHeight(height, banner !== null);
  const whole = (ink: Ink, text: string) => look.paint(ink, fitted(text, width - 1, look.ellipsis));
  const rule = look.paint("dim", (look.unicode ? "─" : "-").repeat(width));
  const lines = [
    topLine(picture, width, look),
    rule,
    ...(banner === null ? [] : [` ${whole(...banner)}`]),
    ...body.slice(0, room),
    ...Array.from({ length: Math.max(0, room - body.length) }, () => ""),
    foot === null ? "" : ` ${whole(...foot)}`,
    hintLine(hints, width, look),
  ];
  // Where there is no room for all, what can be typed goes last.
  return lines.length <= height ? lines : [...lines.slice(0, height - 1), lines.at(-1)!].slice(0, height);
}

function topLine({ crumbs, status }: Picture, width: number, look: Look): string {
  const said: Said[] = [];
  let taken = 0;
  for (const [ink, text] of status) {
    const more = displayWidth(text) + 3;
    // Half of the line belongs to where one is.
    if (taken + more > width / 2) break;
    taken += more;
    said.push([ink, text]);
  }
  const name = "Chaos Agents";
  const arrow = look.unicode ? " › " : " > ";
  const where = fitted([name, ...crumbs].join(arrow), width - taken - 2, look.ellipsis);
  const gap = " ".repeat(Math.max(0, width - 1 - displayWidth(where) - Math.max(0, taken - 3) - 1));
  const head = where.startsWith(name)
    ? look.paint("accent", name) + look.paint("strong", where.slice(name.length))
    : where;
  return ` ${head}${gap}${said.map(([ink, text]) => look.paint(ink, text)).join("   ")}`;
}

/** As many as have room; the first matter most. */
function hintLine(hints: readonly Hint[], width: number, { paint }: Look): string {
  let line = "";
  let taken = 0;
  for (const [key, does] of hints) {
    const more = displayWidth(key) + does.length + 4;
    if (taken + more > width + 1) break;
    taken += more;
    line += ` ${paint("strong", key)} ${paint("dim", does)}  `;
  }
  return line.trimEnd();
}
