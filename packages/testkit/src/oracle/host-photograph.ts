/** What can be seen of a host, each fact by its name in words: `file /etc/hosts` → mode, owner, size, content's hash. */
export type HostPhotograph = Record<string, string>;

/** Folders whose every file is a fact; all that a host skill may write to, without the product's own knowledge of it. */
const folders = "/etc /tmp /run /var/lib /var/spool/cron /var/tmp /root /home /srv /opt /dev/shm";
const restless =
  "^/run/(log|udev|systemd/(journal|units|transient|sessions|users|inaccessible|generator|propagate|notify|io.system|private|seats|machines|netif|timesync|unit-root|dynamic|ask-password)|user|sshd?\\b|utmp|motd|mount|lock|credentials|chrony)|^/var/lib/(systemd|dbus|logrotate|apt|dpkg|dhcp|ucf|private|chrony|nfs|postgresql|mysql|docker)|^/etc/(mtab|resolv.conf.tmp|systemd/system$)|^/root/\\.|^/tmp$|^/run$|^/var/lib$|^/run/systemd|^/var/tmp/systemd|^/etc/systemd/system(/multi-user.target.wants)?$|/\\.?cache|[.]pid[[:space:]]";

const script = `
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
fact() { printf '%s\\t%s\\n' "$1" "$2"; }
find ${folders} -xdev -printf '%p\\t%y %m %U:%G %l\\n' 2>/dev/null | grep -vE "$1" | sed 's/^/entry /'
find ${folders} -xdev -type f -size -65k -print0 2>/dev/null | xargs -0 -r md5sum 2>/dev/null |
  sed -E 's/^(.{32})  (.*)$/\\2\\t\\1/' | grep -vE "$1" | sed 's/^/content /'
awk '{ print "mount " $2 "\\t" $1 " " $3 " " $4 }' /proc/self/mounts
processes=$(ps -ewwo args --no-headers)
printf '%s\\n' "$processes" | sed 's/ *$//; s/^/process /' |
  grep -vE ' photograph |^process (\\[|ps -eww|sshd: |\\(sd-pam\\)|/usr/sbin/[cC][rR][oO][nN] -f|sleep 1$|nsenter |setpriv )' |
  cut -c1-200 | sort | uniq -c | sed -E 's/^ *([0-9]+) (.*)$/\\2\\t\\1/'
if [ -d /run/systemd/system ]; then
  systemctl list-units --all --plain --no-legend --no-pager --type=service,socket,timer,mount | awk '{ print "unit " $1 "\\t" $3 }' | grep -vE 'user@|user-runtime|session-|run-|systemd-(hostnamed|tmpfiles|update|timedated|localed)|ssh@|logrotate|apt|e2scrub|fstrim|dpkg'
  find /run/systemd/system /run/systemd/system.control -printf 'unit file %p\\t%y %l\\n' 2>/dev/null
fi
sysctl -a 2>/dev/null | grep -vE 'ns_last_pid|-(nr|state)|random|nf_conntrack_count|nr_|cad_pid|netdev_rss|ptracers|_stat|neigh.*gc_stale|sched_domain|hung_task_detect|lowmem|tainted|pty.nr|inode|dentry' | sed 's/ = /\\t/; s/^/sysctl /' | awk -F'\\t' '{ value = $2; for (i = 3; i <= NF; i++) value = value " " $i; print $1 "\\t" value }'
tc qdisc show 2>/dev/null | sed 's/^/qdisc /; s/$/\\t-/'
for link in /sys/class/net/*; do tc filter show dev "\${link##*/}" 2>/dev/null | sed "s/^/filter \${link##*/} /; s/\\$/\\t-/"; done
nft list ruleset 2>/dev/null | grep -v counter | awk '{ gsub(/\\t/, " "); print "nft " NR " " $0 "\\t-" }'
iptables-save 2>/dev/null | grep -vE '^#|^:' | sed 's/^/iptables /; s/$/\\t-/'
ip -o route show table all 2>/dev/null | sed 's/expires [0-9]*sec//; s/^/route /; s/$/\\t-/'
read -r up idle </proc/uptime
fact clock $(($(date +%s) - \${up%.*}))
`;

/** `run` runs as root on the host, by a way that is not the product's, and answers the output. */
export async function photographHost(run: (argv: readonly string[]) => Promise<string>): Promise<HostPhotograph> {
  const out = await run(["sh", "-c", script, "photograph", restless]);
  return Object.fromEntries(
    out
      .split("\n")
      .filter((line) => line.includes("\t"))
      .map((line) => [line.slice(0, line.indexOf("\t")), line.slice(line.indexOf("\t") + 1)]),
  );
}

export function hostDifferences(before: HostPhotograph, after: HostPhotograph): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    if (was === is) return [];
    // the clock is read to whole seconds, and a moment apart
    if (name === "clock" && Math.abs(Number(was) - Number(is)) <= 2) return [];
    return [
      was === undefined ? `new: ${name} ${is}` : is === undefined ? `gone: ${name} ${was}` : `${name}: ${was} → ${is}`,
    ];
  });
}
