import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { fileQuery } from "../api/queries.ts";
import { Failure, Skeleton } from "../design/states.tsx";
import { keptDraft, newFile, takeAside, withSkill } from "./draft.ts";
import { Workbench } from "./workbench.tsx";

export function EditorPage() {
  const { file } = useSearch({ from: "/experiments/edit" });
  return file === undefined ? <NewFile /> : <OpenedFile key={file} file={file} />;
}

function NewFile() {
  const [text] = useState(() => {
    const aside = takeAside();
    const kept = keptDraft("");
    return kept === null ? newFile(aside) : aside === null ? kept : withSkill(kept, aside.text);
  });
  return <Workbench file={null} saved={null} initial={text} />;
}

function OpenedFile({ file }: { file: string }) {
  const { data, error, refetch } = useQuery(fileQuery(file));
  if (error && !data) return <Failure error={error} again={() => void refetch()} />;
  if (!data) return <Skeleton lines={14} />;
  return <Workbench file={file} saved={data.text} initial={keptDraft(file) ?? data.text} />;
}
