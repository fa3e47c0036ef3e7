import { wrapWords } from "./wrap-words.ts";

type Pair = readonly [typed: string, meaning: string];

/** What to type and what it is for, side by side where there is room. */
export function listed(heading: string, pairs: readonly Pair[]): string {
  const longest = Math.max(...pairs.map(([typed]) => typed.length));
  const width = process.stdout.columns ?? 100;
  const besides = pairs.every(([, meaning]) => longest + meaning.length + 4 <= width);
  const lines = pairs.flatMap(([typed, meaning]) =>
    besides
      ? [`  ${typed.padEnd(longest)}  ${meaning}`]
      : [`  ${typed}`, ...wrapWords(meaning, width - 6).map((line) => `      ${line}`)],
  );
  return ["", heading, ...lines].join("\n");
}

/** The examples at the end of a command's help. */
export const examples =
  (...pairs: readonly Pair[]) =>
  () =>
    listed("Examples:", pairs);

/** A closing paragraph of help. */
export const paragraph = (text: string) => () =>
  ["", ...wrapWords(text, Math.min(process.stdout.columns ?? 100, 100))].join("\n");
