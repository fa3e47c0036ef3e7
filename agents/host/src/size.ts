import { z } from "zod";

const powers: Record<string, number> = { "": 0, K: 1, M: 2, G: 3, T: 4 };
const written = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)(B?)$/i;

/** Bytes of an amount as people write it: 512M and 512MiB are powers of 1024, 5GB too, as `df -h` and stress-ng count. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = written.exec(text.trim()) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * 1_024 ** powers[unit!.toUpperCase()]!);
}

export const sizeSchema = z.string().refine((text) => (parseSize(text) ?? 0) > 0, "write a size like 512M or 5GB");

/** A share of a whole, from 1% to 100%. */
export const percentSchema = z.string().regex(/^(?:100|[1-9]\d?)%$/, "write a share like 80%");

/** The number of percent; undefined for what is no share. */
export const parsePercent = (text: string): number | undefined =>
  percentSchema.safeParse(text).success ? Number.parseInt(text, 10) : undefined;

export function formatSize(bytes: number): string {
  const steps = ["B", "KB", "MB", "GB", "TB"];
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), steps.length - 1);
  const amount = bytes / 1_024 ** step;
  return `${amount >= 100 || step === 0 ? Math.round(amount) : Number(amount.toFixed(1))} ${steps[step]}`;
}
