/** One condition on labels, as policies and budgets have it. */
export interface LabelCondition {
  key: string;
  operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  values?: string[];
}

/** `app=web,tier!=cache,zone in (a,b),!spare` as conditions; none for "". */
export function labelConditions(text: string): LabelCondition[] {
  // at commas outside of parentheses
  const parts = text.split(/,(?![^(]*\))/).map((part) => part.trim());
  return parts.filter(Boolean).map((part): LabelCondition => {
    const [, key, operator, value] = /^([\w./-]+)\s*(==|=|!=)\s*(\S*)$/.exec(part) ?? [];
    if (key !== undefined) return { key, operator: operator === "!=" ? "NotIn" : "In", values: [value!] };
    const [, name, word, list] = /^([\w./-]+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(part) ?? [];
    if (name !== undefined) {
      const values = list!.split(",").map((one) => one.trim());
      return { key: name, operator: word === "in" ? "In" : "NotIn", values };
    }
    return part.startsWith("!")
      ? { key: part.slice(1).trim(), operator: "DoesNotExist" }
      : { key: part, operator: "Exists" };
  });
}

/** As the API server would decide. */
export const matchesLabels = (
  conditions: readonly LabelCondition[],
  labels: Readonly<Record<string, string>>,
): boolean =>
  conditions.every(({ key, operator, values = [] }) => {
    const value = labels[key];
    if (operator === "In") return value !== undefined && values.includes(value);
    if (operator === "NotIn") return value === undefined || !values.includes(value);
    return (value !== undefined) === (operator === "Exists");
  });
