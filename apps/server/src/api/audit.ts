import { z } from "zod";
import type { Deed } from "../audit.ts";
import { type Routes, answered } from "./routes.ts";
import { auditShape } from "./shapes.ts";

export const auditRoutes: Routes = (app, { audit }) => {
  app.get(
    "/audit",
    {
      schema: {
        summary: "Who did what, newest first",
        tags: ["room"],
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(500).default(100),
          before: z.coerce.number().int().min(1).optional(),
        }),
        response: { 200: z.object({ entries: z.array(auditShape), next: z.int().nullable() }) },
      },
    },
    async ({ query: { limit, before } }) => {
      const entries = audit.page(limit, before);
      return { entries, next: entries.length === limit ? entries.at(-1)!.id : null };
    },
  );

  app.get(
    "/audit.csv",
    {
      schema: {
        summary: "All of it, for a spreadsheet",
        tags: ["room"],
        response: answered("text/csv", "One line a deed"),
      },
    },
    async (_request, reply) => {
      const rows = audit.page(1_000_000).map((deed) => columns.map((name) => cell(shown(deed, name))).join(","));
      const text = [columns.join(","), ...rows].map((line) => `${line}\r\n`).join("");
      return reply.type("text/csv").header("content-disposition", 'attachment; filename="audit.csv"').send(text);
    },
  );
};

const columns = ["at", "by", "from", "action", "subject", "detail"] as const;

const shown = (deed: Deed, name: (typeof columns)[number]) =>
  name === "at" ? new Date(deed.at).toISOString() : deed[name];

/** A spreadsheet would take what begins so for a formula. */
const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
