import { CircleAlert, CircleCheck, TriangleAlert } from "lucide-react";
import { Failure } from "../design/states.tsx";
import type { Judged } from "./use-validation.ts";

interface Problems {
  judged: Judged | null;
  current: boolean;
  error: unknown;
  onGo: (line: number, column: number) => void;
}

/** What the editor underlines, as a list that can be read and jumped from. */
export function Problems({ judged, current, error, onGo }: Problems) {
  if (error) {
    return (
      <div className="mt-3">
        <Failure error={error} />
      </div>
    );
  }
  const diagnostics = judged?.validation.diagnostics ?? [];
  const errors = diagnostics.filter(({ level }) => level === "error").length;
  const words = !judged
    ? "Checking"
    : errors > 0
      ? `${errors} ${errors === 1 ? "error" : "errors"}`
      : `Valid: ${judged.validation.names.join(", ") || judged.validation.kind}`;
  return (
    <section aria-label="Problems" aria-busy={!current} className={`mt-3 ${current ? "" : "opacity-70"}`}>
      <p
        role="status"
        className={`flex items-center gap-2 text-sm font-medium ${errors > 0 ? "text-bad" : judged ? "text-good" : "text-soft"}`}
      >
        {errors > 0 ? <CircleAlert aria-hidden className="size-4" /> : <CircleCheck aria-hidden className="size-4" />}{" "}
        {words}
      </p>
      {diagnostics.length > 0 && (
        <ul className="mt-2 divide-y divide-line overflow-hidden rounded-lg border border-line bg-card">
          {diagnostics.slice(0, 50).map(({ level, line, column, message, hint, path }, index) => (
            <li key={index}>
              <button
                type="button"
                onClick={() => onGo(line, column)}
                className="flex w-full items-start gap-2.5 px-3 py-2 text-left text-sm hover:bg-well"
              >
                {level === "error" ? (
                  <CircleAlert aria-label="Error" className="mt-0.5 size-4 shrink-0 text-bad" />
                ) : (
                  <TriangleAlert aria-label="Warning" className="mt-0.5 size-4 shrink-0 text-warn" />
                )}
                <span className="min-w-0 grow">
                  {message}
                  {hint && <span className="block text-soft">{hint}</span>}
                </span>
                <code className="shrink-0 text-xs text-soft" title={path}>
                  {line}:{column}
                </code>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
