import {
  type Catalog,
  ChaosError,
  type Experiment,
  type Redact,
  findSecrets,
  mapSecrets,
  redactor,
} from "@chaos-agents/core";
import { hasErrors, renderDiagnostics } from "./diagnostic.ts";
import { Kinds } from "./kinds.ts";
import { type Located, locate, scalars, secretsIn, written } from "./located.ts";
import { Problems } from "./problems.ts";
import { readExperiment } from "./read-experiment.ts";
import type { Environment } from "./reference.ts";
import { SourceText } from "./source-text.ts";

/** An experiment with everything filled in. */
export interface FilledExperiment {
  experiment: Experiment;
  /** Every secret in it. */
  knownSecrets: Set<string>;
  /** Hides them. */
  redact: Redact;
}

/** An experiment from a file, with what its journal needs to fill it in again later. */
export interface PlannedExperiment extends FilledExperiment {
  /** As written, for the journal: plain JSON, `${VAR}` unexpanded, literal secrets replaced by `${secret:N}`. */
  source: unknown;
  /** The literal secrets, by N. */
  secrets: Record<string, string>;
  /** Where it starts in its file. */
  line: number;
}

const onlyReferences = /^(?:\$\{[A-Za-z_][A-Za-z0-9_]*\})+$/;

/** The source of an experiment without its literal secrets, and these apart. */
export function withoutSecrets(node: Located): Omit<PlannedExperiment, "experiment" | "line"> {
  const numbers = new Map<string, string>();
  const hide = (secret: string): string => {
    if (onlyReferences.test(secret)) return secret;
    if (!numbers.has(secret)) numbers.set(secret, String(numbers.size + 1));
    return `\${secret:${numbers.get(secret)}}`;
  };
  const wholeTexts = new Set<string>();
  const source = mapSecrets(
    written(node, (text) => {
      const hidden = hide(text);
      wholeTexts.add(hidden);
      return hidden;
    }),
    (secret) => (wholeTexts.has(secret) ? secret : hide(secret)),
  );
  const secrets = Object.fromEntries([...numbers].map(([secret, number]) => [number, secret]));
  const knownSecrets = secretsIn(node).union(findSecrets({ secrets: Object.values(secrets) }));
  return { source, secrets, knownSecrets, redact: redactor(knownSecrets) };
}

const placeholder = /\$\$\{|\$\{secret:(\d+)\}/g;

/** An experiment as it was when its run began, from the journal: for recovery, by any later process. */
export function reviveExperiment(
  { source, secrets }: { source: unknown; secrets: Readonly<Record<string, string>> },
  { catalog, env }: { catalog: Catalog; env: Environment },
): FilledExperiment {
  const node = locate(putBack(source, secrets), env);
  const missing = new Set([...scalars(node)].flatMap(({ text }) => text?.missing.map(({ name }) => name) ?? []));
  if (missing.size > 0) {
    const names = [...missing].join(", ");
    const some = missing.size > 1 ? `the variables ${names} are` : `the variable ${names} is`;
    throw new ChaosError("missing-secret", `${some} not set, and was when the run began`, {
      remedy: `export ${names} with the same value as then, and try again`,
      facts: { variables: [...missing] },
    });
  }
  const problems = new Problems(new SourceText("the experiment in the journal", ""));
  const experiment = readExperiment(node, { kinds: new Kinds(catalog), problems, purpose: "run" });
  if (experiment && !hasErrors(problems.list())) {
    const knownSecrets = secretsIn(node);
    return { experiment, knownSecrets, redact: redactor(knownSecrets) };
  }
  throw new ChaosError(
    "invalid-file",
    `this version cannot read the journal's experiment\n${renderDiagnostics(problems.list())}`,
    {
      remedy: "use the version of chaos that began the run",
      facts: { diagnostics: problems.list() },
    },
  );
}

function putBack(value: unknown, secrets: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") {
    return value.replace(placeholder, (whole, number: string | undefined) => {
      if (number === undefined) return whole;
      const secret = secrets[number];
      if (secret !== undefined) return secret;
      throw new ChaosError(
        "missing-secret",
        "a secret that stood in the experiment's file is no longer in the journal",
        {
          remedy:
            "it is kept only until a run is clean; if something is left, run `chaos recover --sweep` with the file",
        },
      );
    });
  }
  if (Array.isArray(value)) return value.map((item) => putBack(item, secrets));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, putBack(inner, secrets)]));
}
