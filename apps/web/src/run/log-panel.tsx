import { clock, type RunReport } from "@chaos-agents/report/browser";
import { useMemo, useState } from "react";
import { Button } from "../design/button.tsx";
import { textTone } from "../design/badge.tsx";
import { Panel } from "../design/panel.tsx";

const atFirst = 60;

/** What was told, newest first while it goes on. */
export function LogPanel({ report, live }: { report: RunReport; live: boolean }) {
  const [all, setAll] = useState(false);
  const [words, setWords] = useState("");
  const wanted = words.trim().toLowerCase();
  const lines = useMemo(() => {
    const found =
      wanted === ""
        ? report.log
        : report.log.filter(({ word, subject, text }) => `${word} ${subject} ${text}`.toLowerCase().includes(wanted));
    return live ? found.toReversed() : found;
  }, [report, wanted, live]);
  const shown = all ? lines.slice(0, 2_000) : lines.slice(0, atFirst);
  return (
    <Panel
      title="Event log"
      aside={
        <input
          type="search"
          aria-label="Search the event log"
          placeholder="Search the log  /"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          className="field max-w-64"
        />
      }
    >
      {shown.length === 0 ? (
        <p className="p-4 text-sm text-soft">{wanted ? "No line has these words." : "Nothing has been told yet."}</p>
      ) : (
        <ol className="divide-y divide-line/60 py-1 text-sm">
          {shown.map(({ t, word, subject, text, tone }, index) => (
            <li
              key={live ? lines.length - index : index}
              className="grid grid-cols-[4.2rem_4rem_minmax(0,1fr)] gap-x-2 px-4 py-0.75"
            >
              <span className="text-right text-soft">{clock(t)}</span>
              <span className={`font-medium ${textTone[tone]}`}>{word}</span>
              <span className="min-w-0 wrap-anywhere">
                {subject} {text && <span className="text-soft">{text}</span>}
              </span>
            </li>
          ))}
        </ol>
      )}
      {!all && lines.length > atFirst && (
        <div className="border-t border-line p-2 text-center">
          <Button look="bare" onClick={() => setAll(true)}>
            Show all {lines.length.toLocaleString("en-US")} lines
          </Button>
        </div>
      )}
    </Panel>
  );
}
