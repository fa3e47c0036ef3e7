import type { Notice } from "./notice.ts";

export interface NoticeRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Somebody who is told: the one thing to write for a new kind of them. */
export interface Receiver {
  readonly name: string;
  /** Must never stand in a log. */
  readonly secrets: readonly string[];
  wants(notice: Notice): boolean;
  /** One POST. Made anew for each attempt: `now` is its time, milliseconds since the epoch. */
  request(notice: Notice, now: number): NoticeRequest;
}

/** The parts of a URL that let somebody in: its path, where services put keys, and its query. */
export function secretsOfUrl(url: string): string[] {
  const { pathname, search } = new URL(url);
  return [url, pathname, search].filter((part) => part.length >= 8);
}

export const json = { "content-type": "application/json" } as const;

/** As much of a text as fits, with a mark where some is missing. */
export function cut(text: string, most: number): string {
  return text.length <= most
    ? text
    : `${text
        .slice(0, most - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, "")}…`;
}
