import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";
import { sizeSchema } from "../config.ts";

export const diskFill: DeclaredSkill = {
  name: "server.disk_fill",
  summary: "Take up space on a mount with one large file",
  params: z.strictObject({
    size: sizeSchema.default("1GB").meta({ description: "How much to take" }),
    target_mount: z
      .string()
      .startsWith("/", "a mount is an absolute path")
      .default("/tmp")
      .meta({ description: "Where" }),
  }),
  example: { size: "5GB", target_mount: "/tmp" },
};
