import { readFileSync } from "node:fs";
import { ChaosError } from "@chaos-agents/core";
import type { ServiceUser } from "./keeper-messages.ts";

/** Database servers refuse to run as root: the first of these users that this machine has. Undefined when we are not root. */
export function serviceUser(...names: string[]): ServiceUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  for (const name of [...names, "nobody"]) {
    const user = users.find(([login]) => login === name);
    if (user) return { uid: Number(user[2]), gid: Number(user[3]) };
  }
  throw new ChaosError("unsupported", "a database server cannot run as root, and there is no other user here", {
    remedy: `create a user named ${names[0]}`,
  });
}
