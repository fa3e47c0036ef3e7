import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";

const needsQuotes = 'write the mode in quotes, as for chmod: "000" or "0640"';

export const permissionChange: DeclaredSkill = {
  name: "server.permission_change",
  summary: "Take away the rights on files, so that services cannot read them",
  params: z.strictObject({
    paths: z
      .array(z.string().startsWith("/", "give absolute paths"))
      .default([])
      .meta({ description: "Which files; the configuration of discovered services when left out" }),
    mode: z
      .string({ error: needsQuotes })
      .regex(/^[0-7]{3,4}$/, needsQuotes)
      .default("000")
      .meta({ description: "The rights they get, as for chmod" }),
  }),
  example: { paths: ["/etc/nginx/nginx.conf"], mode: "000" },
};
