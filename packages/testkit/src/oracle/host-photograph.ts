/** What can be seen of a host, each fact by its name in words: `content /etc/hosts` → its hash. */
export type HostPhotograph = Record<string, string>;

/** Folders whose every file is a fact; all that a host skill may write to, without the product's own knowledge of it. */
const folders = "/etc /tmp /run /var/lib /var/spool/cron /var/tmp /root /home /srv /opt /dev/shm";
/** Those in them that others write to all the time; systemd's own folder is looked at apart. */
const passedOver = [
  ..."systemd log udev user sshd motd mount lock credentials chrony".split(" ").map((name) => `/run/${name}`),
  ..."systemd dbus logrotate apt dpkg dhcp ucf private chrony nfs postgresql mysql docker"
    .split(" ")
    .map((name) => `/var/lib/${name}`),
];
const restless =
  /^\/run\/(?:ssh\b|utmp)|^\/etc\/(?:mtab|resolv\.conf\.tmp)|^\/root\/\.|^\/var\/tmp\/systemd|\/\.?cache|\.pid$/;

/** Only collects, each part after a line with its name: on an emulated machine every process and every filter takes long. */
const script = `
export LC_ALL=C PATH=$PATH:/usr/sbin:/sbin
part() { printf '== %s\\n' "$1"; }
part file
find ${folders} -xdev \\( ${passedOver.map((path) => `-path ${path}`).join(" -o ")} \\) -prune -o \\
  -printf 'entry %p\\t%y %m %U:%G %l\\n' -type f -size -65k -exec md5sum {} + 2>/dev/null
part mount; cat /proc/self/mounts
part process; ps -ewwo args --no-headers
if [ -d /run/systemd/system ]; then
  part unit; systemctl list-units --all --plain --no-legend --no-pager --type=service,socket,timer,mount
  part 'unit file'; find /run/systemd/system /run/systemd/system.control -printf '%p\\t%y %l\\n' 2>/dev/null
fi
part sysctl; sysctl -a 2>/dev/null
part qdisc; queues=$(tc qdisc show 2>/dev/null); printf '%s\\n' "$queues"
# the kernel's own queues have none
part filter
for link in $(printf '%s\\n' "$queues" | awk '$3 != "0:" { print $5 }' | sort -u); do
  tc filter show dev "$link" | sed "s/^/$link /"
done
part nft; nft list ruleset 2>/dev/null
part iptables; iptables-save 2>/dev/null
part route; ip -o route show table all 2>/dev/null
part clock; read -r up idle </proc/uptime; echo $(($(date +%s) - \${up%.*}))
`;

type Fact = readonly [name: string, value: string];
const line = (text: string): Fact => [text, "-"];

/** What a line of each part says, by its place among those that last, and which lines say nothing that lasts. */
const parts: Record<string, { says: (text: string, place: number) => Fact; passes?: RegExp }> = {
  mount: {
    says(text) {
      const [device, where, kind, options] = text.split(" ") as [string, string, string, string];
      return [where, `${device} ${kind} ${options}`];
    },
  },
  process: {
    says: (text) => line(text.slice(0, 200)),
    passes: /part process; |^(?:\[|ps -eww|sshd: |\(sd-pam\)|\/usr\/sbin\/(?:cron|CRON) -f|sleep 1$|nsenter |setpriv )/,
  },
  unit: {
    says(text) {
      const [unit, , state] = text.split(/\s+/) as [string, string, string];
      return [unit, state];
    },
    passes:
      /user@|user-runtime|session-|run-|systemd-(?:hostnamed|tmpfiles|update|timedated|localed)|ssh@|logrotate|apt|e2scrub|fstrim|dpkg/,
  },
  "unit file": { says: (text) => cut(text, "\t") },
  sysctl: {
    says: (text) => cut(text, " = "),
    passes:
      /ns_last_pid|-(?:nr|state)|random|nf_conntrack_count|nr_|cad_pid|netdev_rss|ptracers|_stat|neigh.*gc_stale|sched_domain|hung_task_detect|lowmem|tainted|pty.nr|inode|dentry/,
  },
  qdisc: { says: line },
  filter: { says: line },
  // in this order
  nft: { says: (text, place) => line(`${place} ${text}`), passes: /counter/ },
  iptables: { says: line, passes: /^[#:]/ },
  route: { says: (text) => line(text.replace(/expires [0-9]*sec/, "")) },
  clock: { says: (text) => ["", text] },
};

function cut(text: string, at: string): Fact {
  const [name = "", ...value] = text.split(at);
  return [name, value.join(at)];
}

/** A path with its kind, mode, owner and where it leads; or with what is in it, as md5sum says it. */
function fileFact(text: string): Fact | undefined {
  const [, hash, content] = /^\\?([0-9a-f]{32}) {2}(.*)$/.exec(text) ?? [];
  const [name, value] = hash === undefined ? cut(text, "\t") : [`content ${content}`, hash];
  return restless.test(name.replace(/^\w+ /, "")) ? undefined : [name, value];
}

/** `run` runs as root on the host, by a way that is not the product's, and answers the output. */
export async function photographHost(run: (argv: readonly string[]) => Promise<string>): Promise<HostPhotograph> {
  const photograph: HostPhotograph = {};
  const counts = new Map<string, number>();
  let part = "";
  let place = 0;
  for (const text of (await run(["sh", "-c", script, "photograph"])).split("\n").map((one) => one.trimEnd())) {
    const [, begins] = /^== (.*)$/.exec(text) ?? [];
    if (begins !== undefined) {
      part = begins;
      place = 0;
    }
    if (begins !== undefined || text === "") continue;
    if (part === "file") {
      const fact = fileFact(text);
      if (fact) photograph[fact[0]] = fact[1];
      continue;
    }
    const { says, passes } = parts[part]!;
    if (passes?.test(text)) continue;
    const [name, value] = says(text, ++place);
    const fact = `${part} ${name}`.trimEnd();
    const count = (counts.get(fact) ?? 0) + 1;
    counts.set(fact, count);
    // what is there several times is told by how often
    photograph[fact] = value === "-" ? `${count}` : value;
  }
  return photograph;
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
