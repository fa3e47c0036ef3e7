import { type HostChange, type SkillHost, sh } from "./host-skill.ts";

const file = "/etc/hosts";

/** Sets f, the file itself; new, what is to take its place; and one writer at a time. */
const open = `
  f=$(readlink -f -- "$1") || exit
  new=\${f%/*}/$2`;
const alone = `${open}
  exec 8<"\${f%/*}" && flock 8 || exit
  text=$(cat -- "$f" && echo .) || exit
  text=\${text%.}`;

/**
 * A power cut leaves the old file or the new one, whole. Where it is mounted by itself, as in a container, or a full disk
 * has no room for both, it is written over: in one go, filled up with empty lines that are cut off then.
 */
const replace = `
  replace() {
    ! grep -qF -- " $f " /proc/self/mounts && cp -a -- "$f" "$new" && printf %s "$1" >"$new" && sync -- "$new" &&
      mv -f -- "$new" "$f" && sync -- "\${f%/*}" && return
    rm -f -- "$new"
    false
  } 2>/dev/null
  write_over() {
    more=$(($(stat -c %s -- "$f") - \${#1}))
    { printf %s "$1"; [ $more -le 0 ] || head -c $more /dev/zero | tr '\\0' '\\n'; } |
      dd of="$f" bs=1M iflag=fullblock conv=notrunc status=none && sync -- "$f" &&
      truncate -s \${#1} -- "$f" && sync -- "$f"
  }`;
const prepend = `${alone}${replace}
  ! grep -qxF -- "$3" "$f" || exit 0
  longer=$(printf '%s\\n%s.' "$3" "$text")
  replace "\${longer%.}" || write_over "\${longer%.}" || { write_over "$text"; exit 1; }`;
const without = `${alone}${replace}
  rm -f -- "$new"
  grep -qxF -- "$3" "$f" || exit 0
  shorter=$(printf '%s.' "$text" | grep -vxF -- "$3")
  replace "\${shorter%.}" || write_over "\${shorter%.}"`;

/** One line of ours at the top of the host's own list of names: the first one counts. */
export function hostsLine(address: string, name: string, mark: string): HostChange {
  const tag = `${name} # ${mark}/`;
  const line = `${address} ${tag}`;
  const temporary = `.${mark.replaceAll("/", "-")}.${name}`;
  return {
    asBefore: sh(`${open}; [ ! -e "$new" ] && [ -r "$f" ] && ! grep -qF -- " $3" "$f"`, file, temporary, tag),
    isOurs: sh(`${open}; [ -e "$new" ] || grep -qxF -- "$3" "$f"`, file, temporary, line),
    putBack: sh(without, file, temporary, line),
    act: sh(prepend, file, temporary, line),
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
