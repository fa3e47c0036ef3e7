import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useMemo, useState } from "react";
import { skillsQuery } from "../api/queries.ts";
import type { Skill } from "../api/types.ts";
import { PageHead, Panel } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { SkillBadges } from "./skill-badges.tsx";

/** Every way to break something, as the catalog tells it. */
export function SkillsPage() {
  const { q = "" } = useSearch({ from: "/skills" });
  const navigate = useNavigate();
  const [words, setWords] = useState(q);
  const { data, error, refetch } = useQuery(skillsQuery);
  const groups = useMemo(() => byTarget(data ?? [], words), [data, words]);
  const search = (next: string) => {
    setWords(next);
    void navigate({ to: "/skills", search: next ? { q: next } : {}, replace: true });
  };
  return (
    <>
      <PageHead
        title="Skills"
        kicker={data ? `${data.length} ways to break something, each with its way back` : "Reference"}
      />
      <input
        type="search"
        value={words}
        onChange={(event) => search(event.target.value)}
        aria-label="Search skills"
        placeholder="Search by name, effect or param  /"
        className="field mb-6"
      />
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <Skeleton lines={10} />
      ) : groups.length === 0 ? (
        <Empty icon={SearchX} title="No skill has these words" />
      ) : (
        <div className="space-y-8">
          {groups.map(([target, skills]) => (
            <Panel
              key={target}
              title={<span className="capitalize">{target}</span>}
              aside={<span className="text-sm text-soft">{skills.length}</span>}
              bare
            >
              <ul className="grid gap-3 sm:grid-cols-2 2xl:grid-cols-3">
                {skills.map((skill) => (
                  <li key={skill.name}>
                    <Link
                      to="/skills/$name"
                      params={{ name: skill.name }}
                      className="flex h-full flex-col gap-1.5 rounded-lg border border-line bg-card p-4 hover:border-edge"
                    >
                      <code className="text-base font-semibold">{skill.name}</code>
                      <span className="grow text-soft">{skill.summary}</span>
                      <SkillBadges skill={skill} />
                    </Link>
                  </li>
                ))}
              </ul>
            </Panel>
          ))}
        </div>
      )}
    </>
  );
}

function byTarget(skills: readonly Skill[], words: string): [string, Skill[]][] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = skills.filter((skill) => {
    const text = [
      skill.name,
      skill.target,
      skill.summary,
      skill.effect,
      ...Object.keys(skill.params["properties"] ?? {}),
    ]
      .join(" ")
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
  return Object.entries(Object.groupBy(found, ({ target }) => target)).map(([target, list]) => [target, list ?? []]);
}
