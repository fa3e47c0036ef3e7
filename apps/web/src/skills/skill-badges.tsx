import type { Skill } from "../api/types.ts";
import { Badge } from "../design/badge.tsx";

/** What the way back is worth, and whether the way in is seen. */
export const SkillBadges = ({ skill: { reversal, seen } }: { skill: Pick<Skill, "reversal" | "seen"> }) => (
  <span className="flex flex-wrap gap-1.5">
    <Badge tone={reversal === "exact" ? "good" : "plain"}>undo: {reversal}</Badge>
    <Badge tone={seen === "effect" ? "good" : "plain"}>{seen === "effect" ? "effect seen" : "accepted"}</Badge>
  </span>
);
