import type { Agent, Catalog, ProbeKind, Skill } from "@chaos-agents/core";

export interface SkillKind {
  skill: Skill;
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
  readonly agents: readonly Agent[];
  readonly skills: ReadonlyMap<string, SkillKind>;
  readonly probes: ReadonlyMap<string, ProbeSource>;

  constructor(catalog: Catalog) {
    this.agents = catalog.agents;
    this.skills = new Map(
      this.agents.flatMap(({ target, skills }) => skills.map((skill) => [skill.name, { skill, target }] as const)),
    );
    const free = catalog.probes.map((probe) => ({ probe, target: undefined }));
    const asked = catalog.agents.flatMap(({ target, probes }) => probes.map((probe) => ({ probe, target })));
    this.probes = new Map([...free, ...asked].map((source) => [source.probe.kind, source]));
  }

  agent(word: string): Agent | undefined {
    return this.agents.find(({ target, aliases }) => target === word || aliases.includes(word));
  }
}
