import type { Agent, Catalog, DeclaredAgent, DeclaredSkill, ProbeKind } from "@chaos-agents/core";

export interface SkillKind {
  skill: DeclaredSkill;
  /** The kind of target it breaks. */
  target: string;
}

export interface ProbeSource {
  probe: ProbeKind;
  /** The kind of target it asks; undefined when it needs none. */
  target: string | undefined;
}

/** The catalog, looked up by the words of a file. */
export class Kinds {
  readonly agents: readonly (Agent | DeclaredAgent)[];
  readonly #runnable: ReadonlySet<Agent | DeclaredAgent>;
  readonly skills: ReadonlyMap<string, SkillKind>;
  readonly probes: ReadonlyMap<string, ProbeSource>;

  constructor(catalog: Catalog) {
    this.agents = [...catalog.agents, ...(catalog.declared ?? [])];
    this.#runnable = new Set(catalog.agents);
    this.skills = new Map(
      this.agents.flatMap(({ target, skills }) => skills.map((skill) => [skill.name, { skill, target }] as const)),
    );
    const free = catalog.probes.map((probe) => ({ probe, target: undefined }));
    const asked = catalog.agents.flatMap(({ target, probes }) => probes.map((probe) => ({ probe, target })));
    this.probes = new Map([...free, ...asked].map((source) => [source.probe.kind, source]));
  }

  agent(word: string): Agent | DeclaredAgent | undefined {
    return this.agents.find(({ target, aliases }) => target === word || aliases.includes(word));
  }

  isRunnable(agent: Agent | DeclaredAgent): boolean {
    return this.#runnable.has(agent);
  }
}
