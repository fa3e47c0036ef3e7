import type { Skill } from "../api/types.ts";

const draftKey = "chaos-draft";
const asideKey = "chaos-aside";

/** What is being written and was not saved, for a reload in between. By file; "" is one that has no name yet. */
export const keepDraft = (file: string, text: string) => sessionStorage.setItem(`${draftKey} ${file}`, text);
export const keptDraft = (file: string) => sessionStorage.getItem(`${draftKey} ${file}`);
export const dropDraft = (file: string) => sessionStorage.removeItem(`${draftKey} ${file}`);

/** A skill filled in elsewhere, to be put in where the editor opens next. */
export const putAside = ({ target }: Skill, text: string) =>
  sessionStorage.setItem(asideKey, JSON.stringify({ target, text }));

export function takeAside(): { target: string; text: string } | null {
  const kept = sessionStorage.getItem(asideKey);
  sessionStorage.removeItem(asideKey);
  return kept === null ? null : (JSON.parse(kept) as { target: string; text: string });
}

const indented = (text: string, by: number) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => " ".repeat(by) + line)
    .join("\n");

/** A file to begin with: one experiment that only watches, or that uses the skill that was chosen. */
export function newFile(aside: { target: string; text: string } | null): string {
  const target = aside?.target ?? "database";
  return `experiments:
  - name: "My experiment"
    hypothesis: "What I expect to see while it is broken, and afterwards"
    target: ${target}
    target_config:
      # values from the server's environment are written \${LIKE_THIS}
    duration: "30s"

    skills:${aside === null ? " []" : `\n${indented(aside.text, 6)}`}

    steady_state: []
`;
}

/** The text with a skill put at the end of its first list of skills. */
export function withSkill(text: string, snippet: string): string {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => /^\s*skills:\s*(\[\s*\])?\s*(#.*)?$/.test(line));
  if (at < 0) return `${text.trimEnd()}\n\n${snippet}`;
  const depth = lines[at]!.search(/\S/);
  lines[at] = lines[at]!.replace(/\[\s*\]/, "").trimEnd();
  let end = at + 1;
  while (end < lines.length && (lines[end]!.trim() === "" || lines[end]!.search(/\S/) > depth)) end += 1;
  while (end > at + 1 && lines[end - 1]!.trim() === "") end -= 1;
  const first = lines.slice(at + 1, end).find((line) => line.trim().startsWith("-"));
  lines.splice(end, 0, indented(snippet, first?.search(/\S/) ?? depth + 2));
  return lines.join("\n");
}
