import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { FlaskConical, Save } from "lucide-react";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { answer, api } from "../api/client.ts";
import { fileQuery, filesQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { PageHead } from "../design/panel.tsx";
import { Failure, Skeleton } from "../design/states.tsx";
import { dropDraft, keepDraft } from "./draft.ts";
import { DryRunPanel } from "./dry-run-panel.tsx";
import type { EditorHandle } from "./editor/yaml-editor.tsx";
import { Problems } from "./problems.tsx";
import { SaveAs } from "./save-as.tsx";
import { useValidation } from "./use-validation.ts";

const YamlEditor = lazy(() => import("./editor/yaml-editor.tsx"));

/** Write, see what is wrong, look at what would happen, approve, run. */
export function Workbench({ file, saved, initial }: { file: string | null; saved: string | null; initial: string }) {
  const [text, setText] = useState(initial);
  const [naming, setNaming] = useState(false);
  const [looked, setLooked] = useState<{ text: string; experiment: string } | null>(null);
  const [experiment, setExperiment] = useState("");
  const editor = useRef<EditorHandle>(null);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { judged, error } = useValidation(text, file);
  const changed = text !== (saved ?? initial);
  const current = judged?.text === text ? judged.validation : null;
  const names = judged?.validation.names ?? [];
  const chosen = names.includes(experiment) ? experiment : (names[0] ?? "");

  useEffect(() => (changed ? keepDraft(file ?? "", text) : dropDraft(file ?? "")), [file, text, changed]);

  const save = useMutation({
    mutationFn: (name: string) => answer(api.PUT("/files/content", { body: { file: name, text } })),
    onSuccess: async (_, name) => {
      dropDraft(file ?? "");
      client.setQueryData(fileQuery(name).queryKey, { file: name, text });
      await client.invalidateQueries({ queryKey: filesQuery.queryKey });
      setNaming(false);
      if (name !== file) await navigate({ to: "/experiments/edit", search: { file: name } });
    },
  });
  return (
    <>
      <PageHead
        title={file === null ? "New experiment" : file.split("/").at(-1)}
        kicker={
          <>
            <Link to="/experiments" className="hover:underline">
              Experiments
            </Link>{" "}
            / <code>{file ?? "not saved yet"}</code>
          </>
        }
      >
        <span role="status" className="text-sm text-soft">
          {changed ? "Not saved" : file !== null && "Saved"}
        </span>
        <Button
          disabled={(!changed && file !== null) || save.isPending}
          onClick={() => (file === null ? setNaming(true) : save.mutate(file))}
        >
          <Save aria-hidden className="size-4" /> Save
        </Button>
        {names.length > 1 && (
          <select
            aria-label="Which experiment"
            value={chosen}
            onChange={(event) => setExperiment(event.target.value)}
            className="field w-auto max-w-60"
          >
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
        <Button
          look="primary"
          disabled={current?.valid !== true || current.kind !== "experiments"}
          onClick={() => setLooked({ text, experiment: chosen })}
        >
          <FlaskConical aria-hidden className="size-4" /> Dry run
        </Button>
      </PageHead>
      {naming && (
        <SaveAs busy={save.isPending} onCancel={() => setNaming(false)} onSave={(name) => save.mutate(name)} />
      )}
      {save.error && (
        <div className="mb-4">
          <Failure error={save.error} />
        </div>
      )}
      <div className={`grid gap-6 ${looked ? "xl:grid-cols-2" : ""}`}>
        <div className="min-w-0">
          <div className="overflow-hidden rounded-lg border border-line bg-card focus-within:border-edge">
            <Suspense fallback={<Skeleton lines={14} label="Loading the editor" />}>
              <YamlEditor
                ref={editor}
                initial={initial}
                diagnostics={judged?.text === text ? judged.validation.diagnostics : null}
                onChange={setText}
              />
            </Suspense>
          </div>
          <Problems
            judged={judged}
            current={current !== null}
            error={error}
            onGo={(line, column) => editor.current?.go(line, column)}
          />
        </div>
        {looked && (
          <DryRunPanel
            key={`${looked.experiment} ${looked.text}`}
            source={looked}
            file={file}
            unsaved={looked.text !== saved}
            stale={looked.text !== text || looked.experiment !== chosen}
            onClose={() => setLooked(null)}
          />
        )}
      </div>
    </>
  );
}
