const grouped = new Intl.NumberFormat("en-US");

/** A number of things in words: `1 row`, `10,000 rows`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${grouped.format(count)} ${count === 1 ? one : many}`;
