import type { Random } from "@chaos-agents/core";
import type { Column } from "../schema.ts";

/** Makes the nth value of a column; what it gives is text as the server reads it. */
export type ValueMaker = (n: number) => string | null;

const digits = "0123456789abcdefghijklmnopqrstuvwxyz";

export function randomText(random: Random, length: number): string {
  let text = "";
  for (let i = 0; i < length; i++) text += digits[random.below(36)];
  return text;
}

export const randomHex = (random: Random, bytes: number): string =>
  Array.from({ length: bytes }, () => random.below(256).toString(16).padStart(2, "0")).join("");

const words = (
  "river amber cloud stone paper violet harbor meadow copper signal winter garden marble lantern orchard thunder " +
  "velvet canyon island mirror pepper saddle timber willow anchor breeze candle desert ember forest"
).split(" ");

function sentence(random: Random, most: number): string {
  let text = words[random.below(words.length)]!;
  while (text.length < most && random.next() < 0.7) text += ` ${words[random.below(words.length)]!}`;
  return text.slice(0, most).trimEnd() || "x";
}

/** How many whole digits a decimal column takes; ten when it has no limit. */
const wholeDigits = ({ precision, scale }: Column) => (precision === null ? 10 : precision - (scale ?? 0));

const pad = (n: number, width: number) => String(n).padStart(width, "0");

const someDays = Array.from({ length: 5 * 365 }, (_, n) =>
  new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10),
);
const someDay = (random: Random): string => someDays[random.below(someDays.length)]!;
const sixties = Array.from({ length: 60 }, (_, n) => pad(n, 2));
const someTime = (random: Random): string =>
  `${sixties[random.below(24)]!}:${sixties[random.below(60)]!}:${sixties[random.below(60)]!}`;

/**
 * A value of the column's type out of thin air, believable rather than wild; undefined where only copies of existing
 * values are safe.
 */
export function inventValue(column: Column, random: Random): ValueMaker | undefined {
  switch (column.kind) {
    case "boolean":
      return () => (random.next() < 0.5 ? "t" : "f");
    case "integer":
      return () =>
        String(
          random.below(/small|int2/.test(column.type) ? 10_000 : column.type.startsWith("tiny") ? 100 : 1_000_000),
        );
    case "decimal": {
      if ((column.scale ?? 0) > (column.precision ?? Infinity)) return undefined;
      const whole = Math.max(0, Math.min(wholeDigits(column), 5));
      const fraction = Math.max(0, Math.min(column.scale ?? 2, 6));
      return () =>
        `${random.below(10 ** whole)}${fraction > 0 ? `.${pad(random.below(10 ** fraction), fraction)}` : ""}`;
    }
    case "float":
      return () => String(random.below(1_000_000) / 64);
    case "text":
      return () => sentence(random, Math.min(column.length ?? 40, 40));
    case "binary":
      return () => hexForm(column) + randomHex(random, Math.min(column.length ?? 16, 16));
    case "bits": {
      const bits = () => Array.from({ length: column.length ?? 8 }, () => random.below(2)).join("");
      // MySQL's are numbers
      return column.unsigned ? () => String(BigInt(`0b${bits()}`)) : bits;
    }
    case "uuid":
      return () => uuidFrom(randomHex(random, 16));
    case "json":
      return () =>
        `{"${words[random.below(words.length)]!}": ${random.below(1_000)}, "tag": "${sentence(random, 12)}"}`;
    case "date":
      return () => someDay(random);
    case "time":
      return () => someTime(random);
    case "timestamp":
      return () => `${someDay(random)} ${someTime(random)}`;
    case "interval":
      return () => `${random.below(48)} hours`;
    case "year":
      return () => String(2000 + random.below(25));
    case "enum":
      return column.words ? () => column.words![random.below(column.words!.length)]! : undefined;
    case "set":
      return column.words ? () => column.words!.filter(() => random.next() < 0.5).join(",") : undefined;
    default:
      return undefined;
  }
}

/** Whether values of this column's type can be made up at all. */
export const canInvent = (column: Column): boolean =>
  column.kind === "enum" || column.kind === "set"
    ? (column.words?.length ?? 0) > 1
    : !["array", "range", "network", "geometry", "other"].includes(column.kind);

/** What every value of a batch that must be new is made from. */
export interface Freshness {
  random: Random;
  /** A word and 12 hex digits that are this batch's own. */
  tag: string;
  prefix: string;
  /** How many rows there were before this batch. */
  offset: number;
  size: number;
  /** Where unused numbers start. */
  from: bigint | undefined;
  /** The same column of the existing row that is copied; null where there is none. */
  base: () => string | null;
  /** Whether a rule looks at the column, so that it should stay like the copied one. */
  ruled: boolean;
}

/** Values that no other row has; undefined where there is no way. */
export function freshValue(column: Column, fresh: Freshness): ValueMaker | undefined {
  const { random, prefix, offset, from, base } = fresh;
  switch (column.kind) {
    case "uuid":
      return () => uuidFrom(prefix + randomHex(random, 10));
    case "text":
    case "other": {
      const own = textPrefix(column, fresh);
      const width = counterWidth(fresh.size);
      const room = (column.length ?? 80) - own.length - width;
      return (n) => {
        const like = fresh.ruled && room > 0 ? (base() ?? "").slice(-room) : "";
        return own + n.toString(36).padStart(width, "0") + like;
      };
    }
    case "binary": {
      const bytes = column.type.startsWith("binary") ? column.length! : Math.min(column.length ?? 16, 16);
      return () => hexForm(column) + randomHex(random, bytes);
    }
    case "integer":
    case "decimal":
    case "float":
      return from === undefined ? undefined : (n) => String(from + BigInt(offset + n));
    case "timestamp": {
      // on the day of another row, where there is one
      const day = () => /^\d{4}-\d\d-\d\d /.exec(base() ?? "")?.[0] ?? `${someDay(random)} `;
      const digits = column.precision ?? 6;
      const fraction = () => (digits > 0 ? `.${pad(random.below(10 ** digits), digits)}` : "");
      return () => `${day()}${someTime(random)}${fraction()}`;
    }
    case "network":
      if (column.type.startsWith("macaddr")) return () => `02${randomHex(random, column.type === "macaddr8" ? 7 : 5)}`;
      if (column.type === "inet6")
        return () => `fd00::${randomHex(random, 2)}:${randomHex(random, 2)}:${randomHex(random, 2)}`;
      return (n) => `10.${random.below(256)}.${(n >> 8) & 255}.${n & 255}`;
    default:
      return inventValue(column, random);
  }
}

const counterWidth = (size: number) => Math.max(2, (size - 1).toString(36).length);

/** What all fresh texts of a batch start with: the batch's own word, as far as there is room for it. */
export const textPrefix = (column: Column, { tag, size }: Pick<Freshness, "tag" | "size">): string =>
  tag.slice(0, Math.max(0, Math.min(tag.length, (column.length ?? 80) - counterWidth(size))));

/** How the server writes binaries as text: PostgreSQL puts a mark before the hex digits. */
export const hexForm = (column: Column): string => (column.type === "bytea" ? "\\x" : "");

/** A version 4 UUID out of 16 random bytes in hex. */
export function uuidFrom(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
