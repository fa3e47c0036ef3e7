import { Download } from "lucide-react";
import { base } from "../api/base.ts";
import { runPath } from "../api/client.ts";
import { buttonClass } from "../design/button.tsx";

const formats = [
  { path: "report.html", name: "HTML" },
  { path: "report.json", name: "JSON" },
  { path: "junit.xml", name: "JUnit" },
  { path: "events.ndjson", name: "Events" },
];

/** The report, to keep or to hand on. */
export const Downloads = ({ run }: { run: string }) => (
  <div role="group" aria-label="Download the report" className="flex flex-wrap gap-1.5">
    {formats.map(({ path, name }) => (
      <a key={path} href={`${base}${runPath(run)}/${path}`} download className={buttonClass("quiet")}>
        <Download aria-hidden className="size-4" /> {name}
      </a>
    ))}
  </div>
);
