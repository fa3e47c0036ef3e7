import type { MysqlBatch } from "../rows/inserted-batch.ts";
import { type KeyedDigest, digestLength } from "./row-digest.ts";

type Written = NonNullable<MysqlBatch["written"]>;

/** Puts rows into a record, briefly: numbers that lie `step` apart become ranges. */
export function writtenRows(rows: readonly KeyedDigest[], step: bigint | null): Written {
  if (step === null || rows.some(([key]) => key.length > 1)) {
    return { keys: rows.map(([key]) => key), digests: rows.map(([, digest]) => digest).join("") };
  }
  const sorted = rows
    .map(([[key], digest]) => ({ number: BigInt(key!), digest }))
    .toSorted((a, b) => (a.number < b.number ? -1 : 1));
  const between: [bigint, bigint][] = [];
  for (const { number } of sorted) {
    const last = between.at(-1);
    if (last && last[1] + step === number) last[1] = number;
    else between.push([number, number]);
  }
  return {
    keys: { between: between.map(([low, high]) => [String(low), String(high)]), step: String(step) },
    digests: sorted.map(({ digest }) => digest).join(""),
  };
}

/** The rows as they were put in. */
export function* rowsOf({ keys, digests }: Written): Generator<KeyedDigest> {
  let n = 0;
  for (const key of Array.isArray(keys) ? keys : numbers(keys))
    yield [key, digests.slice(n * digestLength, ++n * digestLength)];
}

function* numbers({ between, step }: Exclude<Written["keys"], unknown[]>): Generator<string[]> {
  for (const [low, high] of between)
    for (let number = BigInt(low); number <= BigInt(high); number += BigInt(step)) yield [String(number)];
}
