import { echo } from "./echo.fixture.ts";
import { answers, burst } from "./network-bed.fixture.ts";
import { opens } from "./opens.fixture.ts";

/** One use of a skill on a real machine. All of them can stand there at once. */
export interface MachineFault {
  skill: `server.${string}`;
  /** As a file would have them. */
  params: Record<string, unknown>;
  /** A shell line on the machine, before anything is photographed. */
  prepare?: string;
  /** Shell in a login of its own that succeeds when it is felt. `$now` is the time outside. */
  feels: string;
}

/** A link of the machine to somebody else, who is at 10.77.N.2 of it. */
const link = (name: string, n: number) => `
  [ -e /run/netns/far ] || ip netns add far || exit
  ip link add name ${name} type veth peer name far-${name} netns far || exit
  ip link set ${name} addrgenmode none && ip addr add 10.77.${n}.1/24 dev ${name} && ip link set ${name} up || exit
  ip netns exec far sh -c '
    ip link set lo up; ip link set far-${name} addrgenmode none
    ip addr add 10.77.${n}.2/24 dev far-${name}; ip link set far-${name} up'`;
const far = (script: string) => `ip netns exec far sh -c '${script.replaceAll("'", `'\\''`)}'`;

const unit = (name: string, text: string) => `
  cat >/etc/systemd/system/${name} <<'END'
${text}
END`;
const service = (name: string, text = "ExecStart=/bin/sleep infinity") => `
  ${unit(`${name}.service`, `[Service]\n${text}`)}
  systemctl start ${name}`;
const mainProcess = (name: string) => `"$(systemctl show --property=MainPID --value ${name})"`;

/** Percent of pings that nobody answered. */
const lost = (pings: string) => `$(ping -q -W 1 ${pings} | sed -n 's/.* \\([0-9]*\\)[.0-9]*% packet loss.*/\\1/p')`;

/** Packets and names; each interface of its own. */
const network: MachineFault[] = [
  {
    skill: "server.network_delay",
    params: { delay: "300ms" },
    feels: `
      gateway=$(ip route | awk '/^default/ { print $3 }')
      [ "$(ping -q -c 3 -i 0.2 -W 3 "$gateway" | sed -n 's/^rtt [^=]*= \\([0-9]*\\).*/\\1/p')" -ge 290 ]`,
  },
  {
    skill: "server.network_loss",
    params: { loss: "50%", interface: "lossy" },
    prepare: link("lossy", 1),
    feels: `[ "${lost("-i 0.02 -c 60 10.77.1.2")}" -ge 20 ]`,
  },
  {
    // what arrives with a wrong checksum is thrown away by whoever it is for
    skill: "server.network_corrupt",
    params: { corrupt: "50%", interface: "wrong" },
    prepare: link("wrong", 2),
    feels: `[ "${lost("-i 0.02 -c 60 10.77.2.2")}" -ge 20 ]`,
  },
  {
    skill: "server.network_duplicate",
    params: { duplicate: "50%", interface: "twice" },
    prepare: link("twice", 3),
    feels: `[ "$(ping -q -W 1 -i 0.02 -c 60 10.77.3.2 | sed -n 's/.*+\\([0-9]*\\) duplicates.*/\\1/p')" -ge 12 ]`,
  },
  {
    skill: "server.network_bandwidth",
    params: { rate: "16kbit", latency: "50ms", interface: "narrow" },
    prepare: link("narrow", 4),
    feels: `[ "$(${burst("10.77.4.2")})" -lt 25 ]`,
  },
  {
    skill: "server.network_partition",
    params: { peers: ["10.77.5.0/24"] },
    prepare: link("cut", 5),
    feels: "! ping -q -c 1 -W 1 10.77.5.2",
  },
  {
    skill: "server.port_block",
    params: { ports: [8080], action: "refuse" },
    prepare: `${link("calm", 6)}${echo(8080)}`,
    feels: `[ "$(${far(answers("10.77.6.1", 8080))})" = no ]`,
  },
  {
    skill: "server.dns_spoof",
    params: { records: { "db.internal": "10.9.9.9" } },
    feels: `[ "$(getent ahostsv4 db.internal | head -n 1 | cut -d ' ' -f 1)" = 10.9.9.9 ]`,
  },
  {
    skill: "server.dns_blackhole",
    params: { names: "all" },
    prepare: `${link("asks", 7)}\n${far(echo(53))}`,
    feels: `[ "$(${answers("10.77.7.2", 53).trim()})" = no ]`,
  },
];

const services: MachineFault[] = [
  {
    skill: "server.service_stop",
    params: { services: ["nginx", "echo"], max_services: 2 },
    // one that needs another, and a socket that would start it again
    prepare: `
      ${unit("needs-nginx.service", "[Unit]\nRequires=nginx.service\nAfter=nginx.service\n[Service]\nExecStart=/bin/sleep infinity")}
      ${unit("echo.socket", "[Socket]\nListenStream=127.0.0.1:7007")}
      ${unit("echo.service", "[Service]\nExecStart=/bin/sleep infinity")}
      systemctl daemon-reload && systemctl start nginx needs-nginx echo.socket echo.service`,
    feels: `
      ! curl -s -o /dev/null --max-time 5 http://127.0.0.1/ &&
      ! systemctl -q is-active nginx needs-nginx echo.socket echo.service`,
  },
  {
    skill: "server.service_restart",
    params: { services: ["restarted"] },
    prepare: `${service("restarted")}; echo ${mainProcess("restarted")} >/mnt/restarted`,
    // who has felt it goes on with the new one
    feels: `
      was=$(cat /mnt/restarted); echo ${mainProcess("restarted")} >/mnt/restarted
      [ "$(cat /mnt/restarted)" != "$was" ]`,
  },
  {
    skill: "server.service_degrade",
    params: { services: ["busy"], cpu: "10%", memory: "64M", io: "1MB" },
    // busy while somebody looks, and always one process: a photograph could miss one that comes and goes
    prepare: service(
      "busy",
      `ExecStart=/usr/bin/perl -e 'while (1) { -e "/mnt/look" or select undef, undef, undef, 0.3 }'\nMemoryMax=256M\nCPUWeight=1`,
    ),
    feels: `
      ticks() { read -r stat </proc/${mainProcess("busy")}/stat; set -- \${stat##*) }; echo $((\${12} + \${13})); }
      touch /mnt/look; sleep 0.3
      before=$(ticks); sleep 1; used=$(($(ticks) - before)); rm /mnt/look
      [ $used -lt 40 ] &&
        [ "$(systemctl show --property=MemoryMax --value busy)" = ${2 ** 26} ] &&
        [ "$(systemctl show --property=IOWriteBandwidthMax --value busy)" ]`,
  },
  { skill: "server.cron_disable", params: {}, prepare: "systemctl start cron", feels: "! systemctl -q is-active cron" },
  {
    skill: "server.process_kill",
    params: { service: "killed", count: "all" },
    prepare: service("killed"),
    feels: "! systemctl -q is-active killed",
  },
  {
    skill: "server.process_pause",
    params: { service: "paused", count: "all" },
    prepare: service("paused"),
    feels: `grep -q ') T' /proc/${mainProcess("paused")}/stat`,
  },
  {
    skill: "server.fd_exhaust",
    params: { service: "opens", count: "all" },
    prepare: `${opens("/mnt/opens.pl")}
      ${service("opens", "ExecStart=/usr/bin/perl /mnt/opens.pl\nStandardOutput=truncate:/mnt/said")}
      until grep -qs fine /mnt/said; do sleep 0.05; done`,
    feels: "sleep 0.3; grep -q none /mnt/said",
  },
];

/** Files and settings, and what takes the machine's strength: that comes last. */
const things: MachineFault[] = [
  {
    skill: "server.sysctl_change",
    params: { changes: [{ param: "vm.swappiness", value: 11 }] },
    feels: '[ "$(cat /proc/sys/vm/swappiness)" = 11 ]',
  },
  {
    skill: "server.permission_change",
    params: { paths: ["/etc/nginx/nginx.conf"] },
    feels: '[ "$(stat -c %a /etc/nginx/nginx.conf)" = 0 ]',
  },
  {
    skill: "server.inode_fill",
    params: { inodes: "100%", target_mount: "/srv/inodes" },
    prepare: "mkdir /srv/inodes && mount -t tmpfs -o nr_inodes=300 tmpfs /srv/inodes",
    feels: "! touch /srv/inodes/one || ! rm /srv/inodes/one",
  },
  {
    skill: "server.disk_fill",
    params: { size: "97%", target_mount: "/var/lib" },
    feels: `[ "$(df -P /var/lib | awk 'NR == 2 { print $5 + 0 }')" -ge 95 ]`,
  },
  {
    skill: "server.clock_skew",
    params: { offset: "-2h" },
    feels: "[ $((now - $(date +%s))) -gt 3600 ]",
  },
  {
    skill: "server.io_stress",
    params: { size: "2MB", target_mount: "/opt" },
    feels: `
      written() { find /opt -type f -printf '%p %T@\\n'; }
      before=$(written); sleep 0.5; [ "$before" != "$(written)" ]`,
  },
  // by pipes of ours; by stress-ng in crash/starved, and in e2e
  { skill: "server.memory_stress", params: { rate: "12MB", ceiling: "60%" }, feels: "pgrep -x tail" },
  { skill: "server.cpu_stress", params: { workers: 1, load: "40%" }, feels: "pgrep stress-ng-cpu" },
];

/** In an order in which all of them can stand at once. */
export const machineFaults: readonly MachineFault[] = [...network, ...services, ...things];

/** Says which are felt, by the names of their skills; all look at once, since some wait. */
export const feltScript = (faults: readonly MachineFault[], now: number): string =>
  [
    `now=${Math.floor(now / 1_000)}`,
    ...faults.map(({ skill, feels }) => `{ (${feels}\n) >/dev/null 2>&1 && echo ${skill}; } &`),
    "wait",
  ].join("\n");
