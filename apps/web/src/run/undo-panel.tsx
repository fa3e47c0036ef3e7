import {
  faultName,
  isIdentical,
  millis,
  outcomeText,
  outcomeTones,
  type RunReport,
  type Tone,
  type UndoReport,
} from "@chaos-agents/report/browser";
import { Badge } from "../design/badge.tsx";
import { DataTable } from "../design/data-table.tsx";
import { Panel } from "../design/panel.tsx";
import { UndoProgress } from "./undo-progress.tsx";

const rank = { failed: 0, conflict: 2, undone: 3, already: 3 } as const;
const order = ({ outcome }: UndoReport) => (outcome === null ? 1 : rank[outcome]);

/** How each change was put back, what that is worth, and whether anybody looked. */
export function UndoPanel({ report, live }: { report: RunReport; live: boolean }) {
  if (report.undos.length === 0) return null;
  const names = new Map(report.faults.map((fault) => [fault.fault, faultName(fault)]));
  const rows = report.undos.toSorted((a, b) => order(a) - order(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0));
  return (
    <Panel
      title="Undo"
      aside={
        live && (
          <div className="w-72 max-w-full">
            <UndoProgress report={report} />
          </div>
        )
      }
    >
      <DataTable
        caption="How each change was put back, and what that is worth"
        rows={rows}
        rowKey={({ undo }) => undo}
        columns={[
          {
            head: "Change",
            cell: (undo) => (
              <>
                <code className="md:whitespace-nowrap">{names.get(undo.fault)}</code> {undo.thing}
                <p className="text-soft">{undo.label}</p>
              </>
            ),
          },
          { head: "Outcome", cell: (undo) => <Outcome undo={undo} live={live} /> },
          { head: "Worth", cell: ({ worth }) => <span className="whitespace-nowrap">{worth ?? "–"}</span> },
          { head: "What was done", cell: ({ detail }) => detail ?? "–" },
          { head: "Verified", cell: (undo) => <Verified undo={undo} /> },
          { head: "Took", numeric: true, cell: ({ ms }) => millis(ms) },
        ]}
      />
    </Panel>
  );
}

/** Only what is exact, verified and leaves nothing may be called identical. */
function Outcome({ undo, live }: { undo: UndoReport; live: boolean }) {
  const { outcome, worth, attempts, startedAt } = undo;
  if (outcome === null) {
    if (live)
      return <Badge tone={startedAt === null ? "dim" : "plain"}>{startedAt === null ? "recorded" : "undoing"}</Badge>;
    return <Badge tone="bad">not undone</Badge>;
  }
  const tone: Tone = outcomeTones[outcome] === "good" && worth !== "exact" ? "plain" : outcomeTones[outcome];
  return (
    <>
      <Badge tone={tone}>{isIdentical(undo) ? "identical" : outcomeText(outcome, null)}</Badge>
      {attempts > 1 && <p className="text-soft">at attempt {attempts}</p>}
    </>
  );
}

function Verified({ undo: { remains, residues, outcome, worth } }: { undo: UndoReport }) {
  if (outcome === null || outcome === "failed") return "–";
  const clean =
    residues === null ? "nobody looked" : worth === "compensated" ? "nothing of ours is left" : "nothing is left";
  return (
    <div className="space-y-0.5">
      {(residues ?? []).map((residue) => (
        <p key={residue} className="font-semibold text-bad">
          {residue}
        </p>
      ))}
      {remains.map((text) => (
        <p key={text}>{text}</p>
      ))}
      {(residues ?? []).length === 0 && <p className="text-soft">{clean}</p>}
    </div>
  );
}
