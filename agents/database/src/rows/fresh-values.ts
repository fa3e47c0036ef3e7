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

const epoch = Date.UTC(2020, 0, 1);
const fiveYears = 5 * 365 * 86_400_000;
const isoTime = (ms: number) => new Date(ms).toISOString().replace("T", " ").slice(0, 19);

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
        String(random.below(/small|int2/.test(column.type) ? 10_000 : /^tiny/.test(column.type) ? 100 : 1_000_000));
    case "decimal": {
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
    case "bits":
      return () => Array.from({ length: column.length ?? 8 }, () => random.below(2)).join("");
    case "uuid":
      return () => uuidFrom(randomHex(random, 16));
    case "json":
      return () =>
        `{"${words[random.below(words.length)]!}": ${random.below(1_000)}, "tag": "${sentence(random, 12)}"}`;
    case "date":
      return () => isoTime(epoch + random.below(fiveYears)).slice(0, 10);
    case "time":
      return () => isoTime(random.below(86_400_000)).slice(11);
    case "timestamp":
      return () => isoTime(epoch + random.next() * fiveYears);
    case "interval":
      return () => `${random.below(48)} hours`;
    case "year":
      return () => String(2000 + random.below(25));
    case "enum":
      return column.words ? () => column.words![random.below(column.words!.length)]! : undefined;
    case "set":
      return column.words
        ? () => random.sample(column.words!, random.below(column.words!.length + 1)).join(",")
        : undefined;
    default:
      return undefined;
  }
}

/** Whether values of this column's type can be made up at all. */
export const canInvent = (column: Column): boolean =>
  column.kind === "enum" || column.kind === "set"
    ? (column.words?.length ?? 0) > 1
    : !["array", "range", "network", "geometry", "other"].includes(column.kind);

/** How the server writes binaries as text: PostgreSQL puts a mark before the hex digits. */
export const hexForm = (column: Column): string => (column.type === "bytea" ? "\\x" : "");

/** A version 4 UUID out of 16 random bytes in hex. */
export function uuidFrom(hex: string): string {
  const variant = "89ab"[Number.parseInt(hex[16]!, 16) & 3]!;
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
