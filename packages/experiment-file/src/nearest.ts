/** How many single edits part two words: one more, one less, another, or two neighbours swapped (Damerau, restricted). */
export function editDistance(a: string, b: string): number {
  let [older, old]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(old[j]! + 1, row[j - 1]! + 1, old[j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, older[j - 2]! + 1);
      row.push(best);
    }
    [older, old] = [old, row];
  }
  return old[b.length]!;
}

const plain = (word: string) => word.toLowerCase().replaceAll(/[\s_.-]/g, "");

/** The known word somebody most likely meant, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 80) return undefined;
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const distance = plain(name) === plain(word) ? 0 : editDistance(word.toLowerCase(), name.toLowerCase());
    const allowed = Math.max(1, Math.floor(Math.max(word.length, name.length) / 3));
    if (distance <= allowed && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name;
}

/** What to say of a word that is not known: the nearest one that is, or all of them. */
export function suggestion(word: string, known: readonly string[], plural: string): string {
  const meant = nearest(word, known);
  if (meant !== undefined) return `did you mean "${meant}"?`;
  return known.length > 0 ? `${plural}: ${known.join(", ")}` : `there are no ${plural}`;
}
