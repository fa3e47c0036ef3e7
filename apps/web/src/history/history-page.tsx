import { useQuery } from "@tanstack/react-query";
import type { Verdict } from "@chaos-agents/core";
import { verdictWords } from "@chaos-agents/report/browser";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight, GitCompareArrows, SearchX } from "lucide-react";
import { useDeferredValue, useEffect, useState } from "react";
import { runsQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { PageHead } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { RunList } from "./run-list.tsx";

const verdicts = Object.entries(verdictWords).filter(([verdict]) => verdict !== "unfinished");

/** Every run there was: to be searched, filtered, and two of them compared. */
export function HistoryPage() {
  const { q = "", verdict = "" } = useSearch({ from: "/runs" });
  const navigate = useNavigate();
  const [words, setWords] = useState(q);
  const [cursors, setCursors] = useState<string[]>([]);
  const [chosen, setChosen] = useState<string[]>([]);
  const late = useDeferredValue(words);
  // an address may say anything; the server tells what is no verdict
  const asked = { q: q || undefined, verdict: (verdict || undefined) as Verdict | undefined };
  const { data, error, isPlaceholderData, refetch } = useQuery(
    runsQuery({ ...asked, limit: 50, before: cursors.at(-1) }),
  );

  useEffect(() => {
    const timer = setTimeout(() => {
      if (late === q) return;
      setCursors([]);
      void navigate({ to: "/runs", search: { ...(late && { q: late }), ...(verdict && { verdict }) }, replace: true });
    }, 200);
    return () => clearTimeout(timer);
  }, [late, q, verdict, navigate]);

  const filter = (next: string) => {
    setCursors([]);
    void navigate({
      to: "/runs",
      search: { ...(words && { q: words }), ...(next && { verdict: next }) },
      replace: true,
    });
  };
  const choose = (run: string) =>
    setChosen(chosen.includes(run) ? chosen.filter((one) => one !== run) : [...chosen, run].slice(-2));
  return (
    <>
      <PageHead
        title="History"
        kicker={data ? `${data.total.toLocaleString("en-US")} ${data.total === 1 ? "run" : "runs"}` : "Runs"}
      >
        <Button
          disabled={chosen.length < 2}
          onClick={() => void navigate({ to: "/compare", search: { a: chosen[0]!, b: chosen[1]! } })}
        >
          <GitCompareArrows aria-hidden className="size-4" /> Compare{chosen.length > 0 && ` ${chosen.length} of 2`}
        </Button>
      </PageHead>
      <div className="mb-4 flex flex-wrap gap-2">
        <input
          type="search"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          aria-label="Search runs"
          placeholder="Search by experiment, run or file  /"
          className="field grow basis-64"
        />
        <select
          aria-label="Verdict"
          value={verdict}
          onChange={(event) => filter(event.target.value)}
          className="field basis-44 grow sm:grow-0"
        >
          <option value="">Any verdict</option>
          {verdicts.map(([value, { title }]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </div>
      <div
        aria-busy={isPlaceholderData}
        className={`overflow-hidden rounded-lg border border-line bg-card ${isPlaceholderData ? "opacity-70" : ""}`}
      >
        {error && !data ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !data ? (
          <Skeleton lines={10} />
        ) : data.runs.length === 0 ? (
          <Empty icon={SearchX} title={q || verdict ? "No run is like that" : "Nothing has run yet"}>
            {q || verdict
              ? "Try fewer words, or any verdict."
              : "Runs from terminals and from here are kept on this machine."}
          </Empty>
        ) : (
          <RunList
            runs={data.runs}
            before={(run) => (
              <label className="grid w-11 shrink-0 cursor-pointer place-items-center">
                <input
                  type="checkbox"
                  aria-label={`Compare ${run.experiment} ${run.run}`}
                  checked={chosen.includes(run.run)}
                  onChange={() => choose(run.run)}
                  className="size-4 accent-main"
                />
              </label>
            )}
          />
        )}
      </div>
      {data && (cursors.length > 0 || data.next) && (
        <nav aria-label="Paging" className="mt-4 flex justify-between">
          <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
            <ArrowLeft aria-hidden className="size-4" /> Newer
          </Button>
          <Button disabled={!data.next} onClick={() => data.next && setCursors([...cursors, data.next])}>
            Older <ArrowRight aria-hidden className="size-4" />
          </Button>
        </nav>
      )}
    </>
  );
}
