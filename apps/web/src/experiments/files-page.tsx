import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FileCode2, FilePlus2, SearchX } from "lucide-react";
import { useState } from "react";
import { filesQuery } from "../api/queries.ts";
import { buttonClass } from "../design/button.tsx";
import { When } from "../design/moments.tsx";
import { PageHead } from "../design/panel.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";

/** Every experiment file in the folders that were opened to the server. */
export function FilesPage() {
  const [words, setWords] = useState("");
  const { data, error, refetch } = useQuery(filesQuery);
  const found = data
    ?.filter(({ file, names }) => [file, ...names].join(" ").toLowerCase().includes(words.trim().toLowerCase()))
    .toSorted((a, b) => b.modifiedAt - a.modifiedAt);
  return (
    <>
      <PageHead title="Experiments" kicker={data ? `${data.length} ${data.length === 1 ? "file" : "files"}` : "Files"}>
        <Link to="/experiments/edit" className={buttonClass("primary")}>
          <FilePlus2 aria-hidden className="size-4" /> New experiment
        </Link>
      </PageHead>
      <input
        type="search"
        aria-label="Search files"
        placeholder="Search by name or file  /"
        value={words}
        onChange={(event) => setWords(event.target.value)}
        className="field mb-4"
      />
      <div className="overflow-hidden rounded-lg border border-line bg-card">
        {error && !data ? (
          <Failure error={error} again={() => void refetch()} />
        ) : !found ? (
          <Skeleton lines={6} />
        ) : found.length === 0 ? (
          <Empty
            icon={words ? SearchX : FileCode2}
            title={words ? "No file has these words" : "There are no experiment files yet"}
          >
            {!words && "Write a new one, or put files into a folder the server was started with."}
          </Empty>
        ) : (
          <ul className="divide-y divide-line">
            {found.map(({ file, names, modifiedAt }) => (
              <li key={file}>
                <Link
                  to="/experiments/edit"
                  search={{ file }}
                  className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 px-4 py-3 hover:bg-well"
                >
                  <span className="min-w-0">
                    <span className="block font-medium">
                      {names.length > 0 ? names.join(", ") : file.split("/").at(-1)}
                    </span>
                    <code className="block truncate text-xs text-soft">{file}</code>
                  </span>
                  <span className="text-sm text-soft">
                    <When at={modifiedAt} ago />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}
