import { type Catalog, ChaosError, type ProbeKind } from "@chaos-agents/core";
import { stringify } from "yaml";
import { Kinds } from "./kinds.ts";
import { nearest, suggestion } from "./nearest.ts";

export interface StarterAnswers {
  /** The kind of target, or an alias of it. */
  kind: string;
  name?: string;
  /** The variable that will hold the connection URL, where the kind of target has one. */
  urlVariable?: string;
  /** None: an experiment that only observes. */
  skills: readonly string[];
  /** As people write it: `5m`. */
  duration: string;
}

/** The text of a first experiment, with comments that say what to change. Throws `usage` for words that are not known. */
export function starterExperiment(answers: StarterAnswers, catalog: Catalog): string {
  const kinds = new Kinds(catalog);
  const agent = kinds.agent(answers.kind);
  if (!agent) {
    const words = kinds.agents.map(({ target }) => target);
    throw new ChaosError("usage", `there is no target "${answers.kind}"`, {
      remedy: suggestion(answers.kind, words, "kinds of target"),
    });
  }
  const uses = answers.skills.map((name) => {
    const skill = agent.skills.find((one) => one.name === name);
    if (skill) return skill;
    const meant = nearest(name, kinds.skills.keys());
    throw new ChaosError("unknown-skill", `${agent.target} targets have no skill "${name}"`, {
      remedy: meant === undefined ? "see `chaos list-skills`" : `did you mean "${meant}"?`,
    });
  });
  const config = answers.urlVariable === undefined ? agent.example : withUrl(agent.example, answers.urlVariable);
  const [probe] = catalog.probes;
  return `# An experiment for Chaos Agents. See what it would do, without doing it: chaos run FILE --dry-run
experiments:
  - ${block({ name: answers.name ?? `first-${agent.target}-experiment` }, 4)}
    # hypothesis: what you expect to happen; it stands in the report

    # ${agent.summary}
    ${block({ target: agent.target, target_config: config }, 4)}

    # How long the faults stay. Then everything is undone, the last first.
    ${block({ duration: answers.duration }, 4)}

    # What to break, one after the other. "chaos show SKILL" tells all about one.
    skills:${uses.length === 0 ? " []" : ""}
${uses.map((skill) => `      # ${skill.summary}\n      - ${block(use(skill), 8)}\n`).join("")}
    # Side by side instead of one after the other:
    # parallel: true

    # Refuse to start when the plan would touch more than this:
    # blast_radius:
    #   percent: 10
${probe ? probeHelp(probe) : ""}`;
}

const use = ({ name, example }: { name: string; example: Record<string, unknown> }) => ({
  skill_name: name,
  ...(Object.keys(example).length > 0 ? { params: example } : {}),
});

const probeHelp = (probe: ProbeKind): string => `
    # What healthy means. Asked before, during and after; recovery is measured with it:
    # steady_state:
    #   - ${commented({ name: "people are served", type: probe.kind, ...probe.example, max_latency: "500ms" })}

    # Stop and undo as soon as this has been wrong for that long:
    # guards:
    #   - ${commented({ name: "people are still served", type: probe.kind, ...probe.example, for: "5s" })}
`;

/** A mapping as YAML, to stand at a column where its first line already is. */
const block = (value: object, column: number): string =>
  stringify(value, { lineWidth: 0 })
    .trimEnd()
    .replaceAll("\n", `\n${" ".repeat(column)}`);

const commented = (value: object): string => stringify(value).trimEnd().replaceAll("\n", "\n    #     ");

/** The example, with its URL taken from the environment. */
function withUrl(value: unknown, variable: string): unknown {
  if (typeof value === "string") return /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? `\${${variable}}` : value;
  if (Array.isArray(value)) return value.map((item) => withUrl(item, variable));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withUrl(inner, variable)]));
}
