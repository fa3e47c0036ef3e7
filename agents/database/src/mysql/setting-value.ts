import type { Setting } from "../schema.ts";

const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i;
const powers = { k: 1, m: 2, g: 3, t: 4 };

export const isNumber = (text: string): boolean => number.test(text);

/** The number a value stands for: 64M is what configuration files may say, and SET may not. */
export function numberIn(text: string): number | undefined {
  if (isNumber(text)) return Number(text);
  const [, digits, letter] = /^\s*(\d+)\s*([kmgt])b?\s*$/i.exec(text) ?? [];
  if (digits === undefined) return undefined;
  return Number(digits) * 1024 ** powers[letter!.toLowerCase() as keyof typeof powers];
}

/** A value as people write it, turned into what `@@GLOBAL` will show for it; or why it is none. */
export function settingValue(
  setting: Setting,
  text: string,
  { blockSize, current }: { blockSize: number; current: string | null },
): { shown: string } | { problem: string } {
  const what = `${setting.name} = "${text}"`;
  const amount = numberIn(text);
  if (/[\n\r]/.test(text)) return { problem: `${what}: a setting is one line` };
  const isOn = /^(on|true|1)$/i.test(text);
  const isSwitch = isOn || /^(off|false|0)$/i.test(text);
  switch (setting.type) {
    case "boolean":
      return isSwitch ? { shown: isOn ? "1" : "0" } : { problem: `${what}: not on or off` };
    case "enum": {
      const word = setting.options?.find((option) => option.toLowerCase() === text.toLowerCase());
      if (word !== undefined) return { shown: word };
      const byNumber = isNumber(text) ? setting.options?.[Number(text)] : undefined;
      return byNumber ? { shown: byNumber } : { problem: `${what}: not one of ${setting.options?.join(", ")}` };
    }
    case "integer":
    case "real":
      if (amount === undefined) return { problem: `${what}: not a number` };
      if (setting.type === "integer" && !Number.isInteger(amount)) return { problem: `${what}: not a whole number` };
      if (
        setting.min !== null &&
        setting.max !== null &&
        (amount < Number(setting.min) || amount > Number(setting.max))
      ) {
        return { problem: `${what}: outside of ${setting.min} to ${setting.max}` };
      }
      return { shown: wholeBlocks(text, amount, setting.type === "integer" ? blockSize : 1) };
    default:
      // MySQL tells no types
      if (isSwitch && (current === "0" || current === "1") && !isNumber(text)) return { shown: isOn ? "1" : "0" };
      return { shown: amount !== undefined && !isNumber(text) ? String(amount) : text };
  }
}

/** Numbers beyond a double's precision stay as they were written. */
function wholeBlocks(text: string, amount: number, blockSize: number): string {
  if (blockSize > 1) return String(Math.floor(amount / blockSize) * blockSize);
  return Number.isSafeInteger(amount) || !/^\s*\d+\s*$/.test(text) ? String(amount) : text.trim();
}
