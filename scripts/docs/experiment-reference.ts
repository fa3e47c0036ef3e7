import { catalog } from "@chaos-agents/catalog";
import {
  type ProbeKind,
  experimentSchema,
  guardCommonSchema,
  probeCommonSchema,
  skillUseSchema,
  steadyStateProbeSchema,
} from "@chaos-agents/core";
import { daemonFileSchema, daemonSettingsSchema, jobSchema } from "../../packages/experiment-file/src/daemon-file.ts";
import { llmFileSchema } from "../../packages/experiment-file/src/llm-file.ts";
import { fieldTable, generatedBy, page, yaml } from "./markdown.ts";
import { fieldsOf } from "./schema-fields.ts";

const targetSections = catalog.agents.flatMap((agent) => [
  `### target: ${agent.target}`,
  `${agent.summary}. Also written ${agent.aliases.map((alias) => `\`${alias}\``).join(", ")}.`,
  fieldTable(fieldsOf(agent.config, { deep: true })),
  yaml({ target: agent.target, target_config: agent.example }),
]);

const probes: ProbeKind[] = [...catalog.probes, ...catalog.agents.flatMap((agent) => [...agent.probes])];

const probeSections = probes.flatMap((probe) => [
  `### type: ${probe.kind}`,
  `${probe.summary}.`,
  fieldTable(fieldsOf(probe.params)),
  yaml([{ name: "in words, for the report", type: probe.kind, ...probe.example }]),
]);

const common = new Set(Object.keys(probeCommonSchema.shape));
const special = fieldsOf(guardCommonSchema).filter(({ key }) => !common.has(key) || key === "every");

/** Every key of every kind of file, from the schemas that read them. */
export const experimentReference = (): string =>
  page(
    generatedBy("node scripts/generate-docs.ts"),
    "# Experiment reference",
    `Every key of an experiment file, from the schemas that read it. Editors complete and check files when the first line is
\`# yaml-language-server: $schema=…/config/experiment.schema.json\`. Try any file with \`chaos validate FILE\`.`,
    `- **Unknown keys are refused**, with file, line, column and the nearest right name. So are wrong types.
- **Durations** are text: \`500ms\`, \`30s\`, \`5m\`, \`1h 30m\`.
- **Variables**: \`\${NAME}\` or \`\${NAME:-default}\`, in any value; \`$\${\` is a literal \`\${\`. They stay unexpanded in the journal.
- **Tolerances** (\`expect\`) are text: \`< 200\`, \`>= 1\`, \`== ready\`, \`1..5\`, \`/^ok/\`.`,
    "A file has one key, `experiments`: a list. Its experiments run in order, each as a run of its own.",
    "## An experiment",
    fieldTable(fieldsOf(experimentSchema)),
    `- \`target\` and \`target_config\` name one target; \`targets\` several, by names of your own. Not both.
- Skills without \`at\` run in the order of the file, or side by side with \`parallel: true\`. With \`at\` they run at that time.
- The experiment's \`duration\` and every \`at\` count from the start of injecting. Making the faults takes part of that time: one
  that does not stand when it is over did not land.
- A fault's own \`duration\` counts from when it stands: with \`duration: 5s\` one that takes 10 seconds to make is put back
  after 15 seconds. The end of the experiment's \`duration\` ends it too.
- \`resource_filters\` narrow only what a skill chooses by itself, never what the file names.
- Percentages in \`blast_radius\` do not add up: the highest stands. All other units add up over the whole plan.`,
    "## An entry of skills",
    fieldTable(fieldsOf(skillUseSchema)),
    "The params of each skill are in the [skills reference](skills-reference.md).",
    "## Targets",
    "Several targets in one experiment: see [config/two-databases.yaml](../config/two-databases.yaml).",
    ...targetSections,
    "## Probes",
    "Every entry of `steady_state` and `guards` is a probe. Each has these keys, and those of its type.",
    fieldTable(fieldsOf(steadyStateProbeSchema)),
    "`when` is for `steady_state` only. A guard differs in these:",
    fieldTable(special),
    ...probeSections,
    "## The blast radius",
    "The plan is refused (exit code 2) when it would touch more than this. What is left out is not limited.",
    fieldTable(fieldsOf(experimentSchema.shape.blast_radius)),
    "## Daemon files",
    "Checked by `chaos validate`. Running them is not built yet.",
    fieldTable([
      ...fieldsOf(daemonSettingsSchema, { under: "settings." }),
      ...fieldsOf(daemonFileSchema).filter(({ key }) => key === "experiments"),
      ...fieldsOf(jobSchema, { under: "experiments[]." }),
    ]),
    "## Planner files",
    "Checked by `chaos validate`. Planning with a language model is not built yet.",
    fieldTable(fieldsOf(llmFileSchema, { deep: true })),
  );
