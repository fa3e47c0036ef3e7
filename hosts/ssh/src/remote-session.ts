import { commandLine } from "./quote.ts";

/**
 * Tells, on both outputs, that the command starts now, and in which session (in the kernel's sense: sshd makes one for
 * each command, and all its descendants stay in it that do not leave on purpose). Where services keep their programs is
 * added to the path, which login shells of others than root leave out.
 */
const announce = (mark: string) =>
  `read -r __ __ __ __ __ __s __ </proc/$$/stat; echo "${mark} $__s"; echo "${mark} $__s" >&2; unset __ __s; ` +
  `PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH; `;

export const announcedCommand = (mark: string, argv: readonly string[]): string => commandLine(argv, announce(mark));

/** As root. Messages of sudo are wanted in English, and the command is to have the locale it would have. */
export const announcedSudo = (mark: string, sudo: readonly string[], argv: readonly string[]): string =>
  commandLine(argv, `unset LC_ALL; ${announce(mark)}`, ["env", "LC_ALL=C", ...sudo]);

/** Ends every process of a session: asks first, and after two seconds asks no more. Needs nothing but sh and sleep. */
const script = `
session=$1
pass() {
  found=
  for stat in /proc/[0-9]*/stat; do
    { IFS= read -r line <"$stat"; } 2>/dev/null || continue
    pid=\${stat#/proc/}
    set -- \${line##*) }
    if [ "$4" = "$session" ] && [ "$1" != Z ] && kill "-$signal" "\${pid%/stat}" 2>/dev/null; then found=yes; fi
  done
  [ -n "$found" ]
}
pass_for_two_seconds() {
  read -r up _ </proc/uptime
  until=$((\${up%.*} + 3))
  while pass; do
    read -r up _ </proc/uptime
    [ "\${up%.*}" -lt "$until" ] || return
    sleep 0.1 2>/dev/null || sleep 1
  done
}
signal=TERM
pass || exit 0
signal=0
pass_for_two_seconds
signal=KILL
pass_for_two_seconds
`;

export const endSession = (session: number): string[] => ["sh", "-c", script, "sh", String(session)];
