import type { DeclaredSkill } from "@chaos-agents/core";
import { z } from "zod";

export const nodeDrain: DeclaredSkill = {
  name: "k8s.node_drain",
  summary: "Close a node to new pods until it is opened again",
  params: z.strictObject({
    node_name: z.string().min(1).optional().meta({ description: "Which node; a random worker when left out" }),
  }),
  example: { node_name: "worker-2" },
};
