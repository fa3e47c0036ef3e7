import type { Setting } from "../schema.ts";

const bytes: Record<string, number> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const milliseconds: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const families = [bytes, milliseconds];

const yes = /^(t|tr|tru|true|y|ye|yes|on|1)$/i;
const no = /^(f|fa|fal|fals|false|n|no|of|off|0)$/i;

/** A value as people write it, turned into what pg_settings will show for it; or why it is none. */
export function settingValue(setting: Setting, text: string): { shown: string } | { problem: string } {
  const what = `${setting.name} = "${text}"`;
  if (/[\n\r]/.test(text)) return { problem: `${what}: a setting is one line` };
  switch (setting.type) {
    case "boolean":
      if (yes.test(text)) return { shown: "on" };
      return no.test(text) ? { shown: "off" } : { problem: `${what}: not on or off` };
    case "enum": {
      const word = setting.options?.find((option) => option.toLowerCase() === text.toLowerCase());
      // some take on and off without listing them
      if (word !== undefined || yes.test(text) || no.test(text)) return { shown: word ?? text };
      return { problem: `${what}: not one of ${setting.options?.join(", ")}` };
    }
    case "integer":
    case "real":
      return numberValue(setting, text, what);
    default:
      return { shown: text };
  }
}

function numberValue(setting: Setting, text: string, what: string): { shown: string } | { problem: string } {
  const form = /^\s*(0x[0-9a-f]+|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!form) return { problem: `${what}: not a number` };
  const [, digits, unit] = form;
  let amount = Number(digits);
  if (unit) {
    const [, count, base] = /^(\d*)(\D+)$/.exec(setting.unit ?? "") ?? [];
    const family = base === undefined ? undefined : families.find((units) => base in units);
    if (!family) return { problem: `${what}: it takes no unit` };
    if (!(unit in family)) return { problem: `${what}: "${unit}" is not one of ${Object.keys(family).join(", ")}` };
    amount *= family[unit]! / (family[base!]! * Number(count || 1));
  }
  if (setting.type === "integer") amount = Math.round(amount);
  const [low, high] = [Number(setting.min ?? -Infinity), Number(setting.max ?? Infinity)];
  if (amount < low || amount > high) {
    const counted = setting.unit ? `, counted in ${setting.unit}` : "";
    return { problem: `${what}: outside of ${setting.min} to ${setting.max}${counted}` };
  }
  return { shown: String(amount) };
}
