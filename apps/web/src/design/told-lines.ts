/** What a process said of its failure: each line for itself, and apart from them what to do about it. */
export function toldLines(text: string): { lines: string[]; hint: string | null } {
  const all = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  const hints = all.filter((line) => line.startsWith("hint: ")).map((line) => line.slice("hint: ".length));
  const lines = all.filter((line) => !line.startsWith("hint: ")).map((line) => line.replace(/^error: /, ""));
  return { lines, hint: hints.join(" ") || null };
}
