import type { Finding, HostSurvey } from "@chaos-agents/core";

/** Something a host must have for a skill. */
export type Need = { command: string; orElse?: string } | { systemd: true } | { isolated: string };

/** Which Debian package has a command, where it is not named like it. */
const packages: Record<string, string> = {
  tc: "iproute2",
  ip: "iproute2",
  nft: "nftables",
  flock: "util-linux",
  setsid: "util-linux",
  prlimit: "util-linux",
  dd: "coreutils",
  date: "coreutils",
  awk: "mawk",
};

/** What this host lacks, each with what would mend it. The runner's own needs come first. */
export function missingNeeds(host: string, survey: HostSurvey, needs: readonly Need[]): Finding[] {
  const findings: Finding[] = [];
  const lacks = (message: string, remedy: string, code: Finding["code"] = "unsupported") =>
    findings.push({ level: "error", code, message: `${host}: ${message}`, remedy });
  if (survey.root === "none") {
    lacks(
      "we are not root there, and sudo does not let us",
      "Let the user sudo without a password, or give sudo_password",
      "permission-missing",
    );
  }
  for (const command of ["flock", "setsid"]) {
    if (!survey.commands.has(command)) lacks(`${command} is missing`, `Install the package ${packages[command]}`);
  }
  for (const need of needs) {
    if ("command" in need) {
      const there =
        survey.commands.has(need.command) || (need.orElse !== undefined && survey.commands.has(need.orElse));
      if (!there) lacks(`${need.command} is missing`, `Install the package ${packages[need.command] ?? need.command}`);
    } else if ("systemd" in need) {
      if (!survey.systemd) lacks("it does not run systemd", "Choose a host with systemd, or another skill");
    } else if (survey.container) {
      lacks(
        `it is a container and shares its ${need.isolated} with its machine`,
        "Choose a machine of its own: breaking it here would break others",
        "self-harm",
      );
    }
  }
  return findings;
}
