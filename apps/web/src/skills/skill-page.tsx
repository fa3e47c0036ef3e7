import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { FileInput, SearchX } from "lucide-react";
import { useState } from "react";
import { stringify } from "yaml";
import { skillsQuery } from "../api/queries.ts";
import type { Skill } from "../api/types.ts";
import { Button } from "../design/button.tsx";
import { CopyButton } from "../design/copy-button.tsx";
import { PageHead, Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { putAside } from "../experiments/draft.ts";
import { SchemaForm } from "../forms/schema-form.tsx";
import { SkillBadges } from "./skill-badges.tsx";

export function SkillPage() {
  const { name } = useParams({ from: "/skills/$name" });
  const { data, error } = useQuery(skillsQuery);
  const skill = data?.find((one) => one.name === name);
  if (error && !data) return <Failure error={error} />;
  if (!data) return <Skeleton lines={10} />;
  if (!skill) return <Empty icon={SearchX} title={`There is no skill ${name}`} />;
  return <SkillView key={name} skill={skill} />;
}

function SkillView({ skill }: { skill: Skill }) {
  return (
    <>
      <PageHead
        title={<code className="text-[0.95em]">{skill.name}</code>}
        kicker={
          <>
            <Link to="/skills" className="hover:underline">
              Skills
            </Link>{" "}
            / <span className="capitalize">{skill.target}</span>
          </>
        }
      >
        <SkillBadges skill={skill} />
      </PageHead>
      <div className="grid gap-7 xl:grid-cols-2">
        <div className="min-w-0 space-y-6">
          <p className="text-lg text-pretty">{skill.summary}.</p>
          <Words head="What is felt">{skill.effect}</Words>
          <Words head={`The way back: ${skill.reversal}`}>{skill.reversalNote}</Words>
          <Words head="How it is seen">
            {skill.seen === "effect"
              ? "A second connection sees the fault itself bite."
              : "The target takes the request; the effect itself is not seen."}
          </Words>
          {skill.role && (
            <Panel title="What allows it" aside={<CopyButton text={skill.role} />}>
              <pre tabIndex={0} aria-label="What allows it" className="max-h-72 overflow-auto p-4 text-xs">
                {skill.role}
              </pre>
            </Panel>
          )}
        </div>
        <SkillForm skill={skill} />
      </div>
    </>
  );
}

const Words = ({ head, children }: { head: string; children: string }) => (
  <section>
    <h2 className="text-sm font-semibold text-soft">{head}</h2>
    <p className="max-w-[70ch]">{children}</p>
  </section>
);

/** Fills in params, starting from the realistic example, and yields what goes into a file. */
function SkillForm({ skill }: { skill: Skill }) {
  const [params, setParams] = useState<Record<string, unknown>>(skill.example);
  const navigate = useNavigate();
  const use = { skill_name: skill.name, ...(Object.keys(params).length > 0 ? { params } : {}) };
  const text = stringify([use], { lineWidth: 0 });
  return (
    <Panel
      title="Params"
      className="min-w-0"
      aside={
        <span className="flex gap-1">
          <Button look="bare" onClick={() => setParams(skill.example)}>
            Example
          </Button>
          <Button look="bare" onClick={() => setParams({})}>
            Clear
          </Button>
        </span>
      }
    >
      <div className="p-4">
        <SchemaForm schema={skill.params} value={params} onChange={setParams} />
      </div>
      <div className="border-t border-line bg-well p-4">
        <pre tabIndex={0} aria-label="As it stands in a file" className="overflow-x-auto text-sm">
          {text}
        </pre>
        <div className="mt-3 flex flex-wrap gap-2">
          <CopyButton text={text} label="Copy YAML" />
          <Button
            onClick={() => {
              putAside(skill, text);
              void navigate({ to: "/experiments/edit" });
            }}
          >
            <FileInput aria-hidden className="size-4" /> Use in the editor
          </Button>
        </div>
      </div>
    </Panel>
  );
}
