import { wrapWords } from "./wrap-words.ts";

/** The examples at the end of a command's help: what to type, and what it is for. */
export function examples(...pairs: readonly (readonly [typed: string, meaning: string])[]): () => string {
  return () => {
    const longest = Math.max(...pairs.map(([typed]) => typed.length));
    const width = process.stdout.columns ?? 100;
    const besides = pairs.every(([, meaning]) => longest + meaning.length + 4 <= width);
    const lines = pairs.flatMap(([typed, meaning]) =>
      besides
        ? [`  ${typed.padEnd(longest)}  ${meaning}`]
        : [`  ${typed}`, ...wrapWords(meaning, width - 6).map((line) => `      ${line}`)],
    );
    return ["", "Examples:", ...lines].join("\n");
  };
}

/** A closing paragraph of help. */
export const paragraph = (text: string) => () =>
  ["", ...wrapWords(text, Math.min(process.stdout.columns ?? 100, 100))].join("\n");
