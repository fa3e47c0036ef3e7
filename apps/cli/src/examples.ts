/** The examples at the end of a command's help: what to type, and what it is for. */
export function examples(...pairs: readonly (readonly [typed: string, meaning: string])[]): string {
  const width = Math.max(...pairs.map(([typed]) => typed.length));
  return ["", "Examples:", ...pairs.map(([typed, meaning]) => `  ${typed.padEnd(width)}  ${meaning}`)].join("\n");
}
