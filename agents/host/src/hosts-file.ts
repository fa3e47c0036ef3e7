import { type HostChange, type SkillHost, sh } from "./host-skill.ts";

const file = "/etc/hosts";

/**
 * Written over from its start, so that inode, rights and attributes stay: in memory first, then in one go. Where the disk
 * is too full for one more line, it is as it was.
 */
const write = 'dd of="$1" bs=1M iflag=fullblock conv=notrunc status=none';
const alone = 'exec 8<"$1" && flock 8 || exit';
const prepend = `
  ${alone}
  grep -qxF -- "$2" "$1" && exit
  text=$(cat -- "$1" && echo .) && size=$(stat -c %s -- "$1") || exit
  text=\${text%.}
  printf '%s\\n%s' "$2" "$text" | ${write} && exit
  printf %s "$text" | ${write} && truncate -s "$size" -- "$1"
  exit 1`;

/** Shorter than it was: filled up with empty lines in one go, and cut off then. */
const without = `
  ${alone}
  text=$(grep -vxF -- "$2" "$1" || [ $? -eq 1 ] && echo .) && size=$(stat -c %s -- "$1") || exit
  { printf %s "\${text%.}"; head -c "$((\${#2} + 1))" /dev/zero | tr '\\0' '\\n'; } | ${write} &&
    truncate -s "$((size - \${#2} - 1))" -- "$1" && sync -- "$1"`;

/** One line of ours at the top of the host's own list of names: the first one counts. */
export function hostsLine(address: string, name: string, mark: string): HostChange {
  const tag = `${name} # ${mark}/`;
  const line = `${address} ${tag}`;
  return {
    asBefore: sh('[ -r "$1" ] && ! grep -qF -- " $2" "$1"', file, tag),
    isOurs: ["grep", "-qxF", "--", line, file],
    putBack: sh(without, file, line),
    act: sh(prepend, file, line),
  };
}

/** Which of the names the host's list has already, and would answer with as well. */
export async function knownNames(host: SkillHost, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const lines = (await host.look(["cat", file], signal)).split("\n");
  const known = new Set(lines.flatMap((line) => line.replace(/#.*/, "").trim().toLowerCase().split(/\s+/).slice(1)));
  return names.filter((name) => known.has(name.toLowerCase()));
}

/** What the host resolves a name to, as its programs ask: the addresses, first one first. */
export async function resolved(host: SkillHost, name: string, signal: AbortSignal): Promise<string[]> {
  const answer = await host.look(sh('timeout 10 getent ahosts "$1" || :', name), signal);
  return [
    ...new Set(
      answer
        .split("\n")
        .flatMap((line) => line.split(/\s+/, 1))
        .filter(Boolean),
    ),
  ];
}
