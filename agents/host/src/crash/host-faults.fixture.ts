import { connect } from "node:net";
import { echo } from "../test/echo.fixture.ts";
import { opens } from "../test/opens.fixture.ts";
import type { CrashHost } from "./crash-host.fixture.ts";

export interface HostFault {
  skill: `server.${string}`;
  /** As a file would have them. */
  params: Record<string, unknown>;
  /** A shell line on the machine, before anything is photographed. */
  prepare?: string;
  /** Whether it is there now; asked while the run is held still, and not over the product's connection. */
  felt: (host: CrashHost) => Promise<boolean>;
  /** A shell line for what a photograph does not show. */
  fact?: string;
  /** Waits until what the fault takes away for good is there again. */
  ready?: (host: CrashHost) => Promise<void>;
}

const says =
  (script: string, answer: string | RegExp) =>
  async ({ outside }: CrashHost): Promise<boolean> => {
    const said = (await outside(script)).trim();
    return typeof answer === "string" ? said === answer : answer.test(said);
  };

/** Files, room on disks, names, settings, and a processor. */
export const things: HostFault[] = [
  {
    skill: "server.disk_fill",
    params: { size: "20MB", target_mount: "/srv/disk" },
    prepare: "mkdir /srv/disk && mount -t tmpfs -o size=40m tmpfs /srv/disk",
    felt: says("df -P -m /srv/disk | awk 'NR == 2 { print ($4 < 30) }'", "1"),
  },
  {
    skill: "server.inode_fill",
    params: { inodes: "100%", target_mount: "/srv/inodes" },
    prepare: "mkdir /srv/inodes && mount -t tmpfs -o nr_inodes=300 tmpfs /srv/inodes",
    felt: says("df -P -i /srv/inodes | awk 'NR == 2 { print $4 }'", "0"),
  },
  {
    skill: "server.permission_change",
    params: { paths: ["/srv/app.conf", "/srv/it's another; $(touch pwned)"] },
    prepare: `for file in app.conf "it's another; \\$(touch pwned)"; do echo secret >"/srv/$file"; done; chmod 4751 /srv/*.conf`,
    felt: says("stat -c %a /srv/app.conf", "0"),
  },
  {
    skill: "server.dns_spoof",
    params: { records: { "db.internal": "10.9.9.9" } },
    felt: says("getent hosts db.internal || :", /^10\.9\.9\.9/),
  },
  {
    skill: "server.dns_blackhole",
    params: { names: ["queue.internal"] },
    felt: says("getent ahostsv4 queue.internal || :", /^0\.0\.0\.0/),
  },
  {
    skill: "server.sysctl_change",
    params: {
      changes: [
        { param: "net.ipv4.ip_default_ttl", value: 33 },
        { param: "net.ipv4.tcp_fin_timeout", value: 44 },
      ],
    },
    felt: says("cat /proc/sys/net/ipv4/ip_default_ttl", "33"),
  },
  {
    skill: "server.cron_disable",
    params: { users: ["backup"] },
    prepare:
      "mkdir -p /var/spool/cron/crontabs && cd /var/spool/cron/crontabs && echo '* * * * * true' >backup && chmod 600 *",
    felt: says("ls /var/spool/cron/crontabs", ""),
  },
  {
    skill: "server.cpu_stress",
    params: { workers: 1 },
    felt: says(
      `used() { cat /proc/[0-9]*/stat | sed 's/.*) //' | awk '{ sum += $12 + $13 } END { print sum }'; }
       before=$(used); sleep 0.3; [ $(($(used) - before)) -gt 5 ] && echo busy || :`,
      "busy",
    ),
  },
];

const workersOf = (name: string) => `grep -lsx ${name} /proc/[0-9]*/comm | tr -dc '0-9\\n' | sort`;
const service = "pgrep -xf 'perl /mnt/service.pl'";
let killable = "";

/** Processes, and what they need. */
export const processes: HostFault[] = [
  {
    skill: "server.process_kill",
    params: { name: "worker", count: "all" },
    // each started again as soon as it ends
    prepare: `cp "$(command -v sleep)" /srv/worker
      for n in 1 2; do setsid sh -c 'while :; do /srv/worker 4711; done' </dev/null >/dev/null 2>&1 & done`,
    async ready({ outside }) {
      killable = await outside(
        `until ${workersOf("worker")} | awk 'END { exit NR != 2 }'; do sleep 0.02; done; ${workersOf("worker")}`,
      );
    },
    async felt({ outside }) {
      const now = (await outside(workersOf("worker"))).split("\n");
      return killable.split("\n").every((pid) => pid === "" || !now.includes(pid));
    },
  },
  {
    skill: "server.process_pause",
    params: { name: "it's slow", count: "all" },
    prepare: `cp "$(command -v sleep)" "/srv/it's slow"
      for n in 1 2; do setsid "/srv/it's slow" 471$n </dev/null >/dev/null 2>&1 & done
      until [ "$(grep -lsx "it's slow" /proc/[0-9]*/comm | wc -l)" = 2 ]; do sleep 0.02; done`,
    felt: says(`cat /proc/[0-9]*/stat | grep -c "(it's slow) T" || :`, "2"),
    fact: `cat /proc/[0-9]*/stat | grep -c "(it's slow) T" || :`,
  },
  {
    skill: "server.fd_exhaust",
    params: { command: "^perl /mnt/service[.]pl", count: "all" },
    prepare: `${opens("/mnt/service.pl")}
      setsid perl /mnt/service.pl </dev/null >/mnt/said 2>/dev/null &
      until grep -qs fine /mnt/said; do sleep 0.02; done`,
    felt: says("sleep 0.2; cat /mnt/said", "none"),
    fact: `grep 'Max open files' /proc/$(${service})/limits`,
  },
  {
    skill: "server.memory_stress",
    params: { memory: "32MB", workers: 2 },
    felt: says("cat /proc/[0-9]*/status 2>/dev/null | awk '/^RssAnon/ { sum += $2 } END { print (sum > 60000) }'", "1"),
  },
  {
    skill: "server.io_stress",
    params: { size: "2MB", workers: 1, target_mount: "/opt" },
    felt: says(
      `written() { find /opt -type f -printf '%p %T@\\n'; }
       before=$(written); sleep 0.4; [ "$before" = "$(written)" ] || echo busy`,
      "busy",
    ),
  },
];

/** Whether it sends back what it gets. */
async function answers(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, timeout: 500 });
  socket.once("connect", () => socket.write("hello"));
  socket.once("data", () => resolve(true));
  for (const bad of ["error", "timeout", "close"]) socket.once(bad, () => resolve(false));
  return await promise.finally(() => socket.destroy());
}
/** What happens to packets; another port and another peer than those of our way in. */
export const packets: HostFault[] = [
  {
    skill: "server.port_block",
    params: { ports: [8080], action: "refuse" },
    prepare: echo(8080),
    felt: async ({ server }) => !(await answers(server.host, 8080)),
  },
  {
    skill: "server.network_partition",
    params: { peers: ["203.0.113.0/24"] },
    prepare: "ip route add 203.0.113.0/24 dev eth0 proto static",
    felt: says("nft list ruleset | grep -c 203.0.113.0/24 || :", /^[1-9]/),
  },
  {
    skill: "server.network_bandwidth",
    params: { rate: "1mbit", interface: "eth0" },
    felt: says("tc qdisc show dev eth0", /tbf/),
  },
];

const named = (names: readonly string[]) =>
  [...things, ...processes, ...packets].filter(({ skill }) => names.includes(skill.replace("server.", "")));

/** Some of each kind. */
export const mixture = named([
  "disk_fill",
  "permission_change",
  "dns_spoof",
  "cpu_stress",
  "process_pause",
  "port_block",
]);
export const fewFiles = named(["disk_fill", "permission_change", "dns_spoof"]);
