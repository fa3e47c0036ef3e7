/** How wide words are at the size of the time line's labels; a little too wide rather than too narrow. */
export const widthOf = (words: string): number => words.length * 7.2;

const gap = 8;

/** Every, or every second, or every fifth … tick: as many as have room for their words, and none over the right edge. */
export function fittingTicks<Tick extends { x: number; label: string }>(
  ticks: readonly Tick[],
  width: number,
  overhang = 10,
): Tick[] {
  const edges = ticks.map((tick) => {
    const centre = (tick.x / 100) * width;
    const half = widthOf(tick.label) / 2;
    return { tick, from: centre - half, until: centre + half };
  });
  const fits = (shown: typeof edges) =>
    shown.every(({ from }, index) => index === 0 || from >= shown[index - 1]!.until + gap);
  const inside = edges.filter(({ until }) => until <= width + overhang);
  const stride = [1, 2, 5, 10].find((stride) => fits(inside.filter((_, index) => index % stride === 0))) ?? 20;
  return inside.filter((_, index) => index % stride === 0).map(({ tick }) => tick);
}

export interface Label {
  /** Percent of the width. */
  at: number;
  words: string;
  /** Stands before its place instead of behind it. */
  end?: boolean;
}

/** Where each label begins, in pixels: at its place, or moved just so far that none covers another or is cut off; null where there is no room. */
export function placed(labels: readonly Label[], width: number): (number | null)[] {
  const boxes = labels
    .map(({ at, words, end }, index) => {
      const room = widthOf(words);
      const place = (at / 100) * width;
      return { index, at, room, from: Math.max(0, end ? place - room - 4 : place + 4) };
    })
    .toSorted((a, b) => a.at - b.at);
  let least = 0;
  for (const box of boxes) {
    box.from = Math.max(box.from, least);
    least = box.from + box.room + gap;
  }
  let most = width;
  for (const box of boxes.toReversed()) {
    box.from = Math.min(box.from, most - box.room);
    most = box.from - gap;
  }
  const result: (number | null)[] = labels.map(() => null);
  for (const { index, from } of boxes) result[index] = from < -0.5 ? null : Math.max(0, from);
  return result;
}
