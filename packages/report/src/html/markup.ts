import { visible } from "../visible.ts";

/** HTML that is safe as it stands. Only `html` and `trusted` make it. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | null | undefined | false | readonly Part[];

/** A template whose every value is escaped, but for markup, lists of it, and nothing (null, undefined or false). */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Markup =>
  new Markup(strings.reduce((text, piece, index) => text + render(parts[index - 1]) + piece));

/** Our own constant text, such as the style sheet. */
export const trusted = (text: string) => new Markup(text);

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escape(String(part));
}

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const escape = (text: string) => visible(text).replace(/[&<>"']/g, (character) => entities[character]!);

/** Text of any length, cut where nobody reads on; the JSON report has all of it. */
export function clipped(text: string, limit = 600): string {
  if (text.length <= limit) return text;
  const left = (text.length - limit).toLocaleString("en-US");
  return `${text.slice(0, limit).toWellFormed()}… (${left} more characters)`;
}

/** JSON that can stand inside a script element. */
export const embeddedJson = (value: unknown) => new Markup(visible(JSON.stringify(value)).replaceAll("<", "\\u003c"));
