import { type Host, type HostSurvey, ChaosError, seededRandom, systemClock } from "@chaos-agents/core";
import { expect, test } from "vitest";
import { hostAgent } from "../index.ts";

/** Stands in every odd value, and nowhere else. */
const token = "Zq7x";
const odd = [
  "'",
  '"',
  "a b",
  ";touch /pwned;",
  "$(touch /pwned)",
  "`id`",
  "\n",
  "-rf ",
  "--",
  "*",
  "\\",
  "&& :",
  "|",
  ">",
  "#",
  "\t",
  "é",
];
const oddValues = odd.flatMap((part) => [`${part}${token}${part}`, `/${part}${token}${part}`]);

const survey: HostSurvey = {
  system: "Linux",
  kernel: "Linux 6",
  cpus: 2,
  memoryBytes: 2 ** 31,
  root: "root",
  systemd: true,
  cgroup: 2,
  virtualization: null,
  container: false,
  commands: new Set(["flock", "setsid", "prlimit", "dd", "date", "awk", "tc", "ip", "nft"]),
  kernelFeatures: new Set(["netem", "nf_tables"]),
};

/** What a host would say on which there is what was asked for, whatever its name. */
function answer(argv: readonly string[], value: string): string {
  const text = argv.join(" ");
  const script = argv[2] ?? "";
  const values = argv.slice(4);
  if (text.includes("list-units"))
    return `${value}.service loaded active running it\na.service loaded active running a\n`;
  if (script.includes("CHAOS_MARK=chaos/")) {
    return `7\t0\n41\t99\t1\t41\tS\t0\t0\t0::/system.slice/${value}.service\t\t${value.slice(0, 15)}\t${value} ${token}\n`;
  }
  if (script.includes("/limits")) return `41 1024 2048 0 1 2\ntaken 1024 2048\n`;
  if (script.includes("stat --printf")) return `644 ${values[0]}\0`;
  if (argv[0] === "stat") return "644\n";
  if (script.includes("realpath"))
    return `${script.includes("$2, $3, $4") ? "900000 100 800000" : "900000000"}\n${values[0]}\n`;
  if (script.includes("cat -- ")) return "5\n";
  if (script.includes("boot_id")) return "boot\n1.00\n";
  if (argv[0] === "date") return "1.000000000\n";
  if (script.includes("spools")) return values.map((user) => `/var/spool/cron/crontabs/${user}\0`).join("");
  if (script.includes("50-$name.conf")) return "gone.\0".repeat(values.length - 2);
  if (text.includes("cron.service")) return "cron.service\n";
  if (text.includes("/proc/meminfo")) return `${2 ** 30}\n`;
  if (script.includes("systemctl show")) return "\n".repeat(values.length);
  return "";
}

/** Words of the runner that stand before a command. */
const commandIn = (argv: readonly string[]) => (argv[0] === "spawn" ? argv.slice(1) : argv);

/** No shell may read the value, and no program take it for an option. */
function isBound(argv: readonly string[]): boolean {
  const words = commandIn(argv);
  const script = words[0] === "sh" && words[1] === "-c";
  const fixed = script ? words.slice(0, 4) : words.slice(0, 1);
  if (fixed.some((word) => word.includes(token))) return false;
  if (script) return true;
  const ends = words.indexOf("--");
  return words.every((word, i) => !word.includes(token) || !word.startsWith("-") || (ends !== -1 && i > ends));
}

/** The params of a skill with one of their texts replaced, for each of them; what could be left out is put in. */
function* replaced(params: unknown, value: string, path = ""): Generator<[string, unknown]> {
  if (typeof params === "string") yield [path, value];
  else if (Array.isArray(params)) {
    for (const [i, one] of params.entries()) {
      for (const [where, other] of replaced(one, value, `${path}[]`)) yield [where, params.with(i, other)];
    }
  } else if (params !== null && typeof params === "object") {
    for (const [key, one] of Object.entries(params)) {
      for (const [where, other] of replaced(one, value, path === "" ? key : `${path}.${key}`))
        yield [where, { ...params, [key]: other }];
    }
  }
}

const more: Record<string, Record<string, unknown>[]> = {
  "server.process_kill": [{ name: "a" }, { command: "a" }, { user: "a" }, { service: "a" }],
  "server.process_pause": [{ name: "a" }, { command: "a" }, { user: "a" }, { service: "a" }],
  "server.fd_exhaust": [{ name: "a" }, { command: "a" }, { user: "a" }, { service: "a" }],
  "server.service_stop": [{ services: ["a"] }],
  "server.service_degrade": [{ services: ["a"], cpu: "10%", io: "1MB", memory: "8M", target_mount: "/" }],
  "server.sysctl_change": [{ changes: [{ param: "net.core.somaxconn", value: "a" }] }],
  "server.io_stress": [{ size: "1MB", target_mount: "/a" }],
  "server.inode_fill": [{ inodes: 10, target_mount: "/a" }],
};

const agentFor = (value: string, ran: (argv: readonly string[]) => void) =>
  hostAgent(
    async () =>
      ({
        label: "it",
        key: "it:22",
        identity: { machine: "m", boot: "b" },
        survey,
        wayIn: null,
        lost: new Promise(() => {}),
        async exec(argv) {
          ran(argv);
          return { code: 0, killedBy: null, stdout: answer(argv, value), stderr: "" };
        },
        read: async () => new Uint8Array(),
        write: async () => {},
        upload: async () => {},
        [Symbol.asyncDispose]: async () => {},
      }) satisfies Host,
  );

/** Which texts of a skill's params come to a command on the host; fails when one of them is not bound there. */
async function reached(name: string): Promise<string[]> {
  const found = new Set<string>();
  for (const value of oddValues) {
    const commands: (readonly string[])[] = [];
    const agent = agentFor(value, (argv) => commands.push(argv));
    const skill = agent.skills.find((one) => one.name === name)!;
    const parts = { signal: AbortSignal.timeout(30_000), clock: systemClock, random: seededRandom(1) };
    const config = agent.config.parse({ hosts: [{ host: "it", username: "root" }], lease: "off" });
    for (const example of [skill.example, ...(more[name] ?? [])]) {
      for (const [where, params] of replaced(example, value)) {
        const parsed = skill.params.safeParse(params);
        if (!parsed.success) continue;
        await using target = await agent.connect(config, { mark: "chaos/r", ...parts });
        const context = { run: "r", fault: "f", mark: "chaos/r/f", ...parts };
        const callbacks = { hold: () => {}, progress: () => {}, note: () => {} };
        commands.length = 0;
        try {
          for (const thing of await skill.resolve(target, parsed.data, { ...context, matchesFilters: () => true })) {
            const steps = skill.inject(target, thing, { ...context, ...callbacks });
            for (let step = await steps.next(0); !step.done; step = await steps.next(0)) {
              const record = step.value.record as Record<"asBefore" | "isOurs" | "putBack", string[]>;
              commands.push(record.asBefore, record.isOurs, record.putBack);
            }
          }
        } catch (error) {
          // refused for what it is: nothing was changed
          if (!(error instanceof ChaosError)) throw error;
        }
        for (const argv of commands) {
          const broken = argv.indexOf("break");
          // program, verb, run, epoch, mark, id, record, then the command
          const ran = broken === 5 ? argv.slice(broken + 6) : argv;
          if (broken === 5 && ran.some((word) => word.includes(token))) found.add(where);
          expect(isBound(ran), `${name} ${where}: ${JSON.stringify(ran)}`).toBe(true);
        }
      }
    }
  }
  return [...found].sort();
}

const bound: Record<string, string[]> = {
  "server.disk_fill": ["target_mount"],
  "server.permission_change": ["paths[]"],
  "server.service_stop": ["services[]"],
  "server.service_restart": ["services[]"],
  "server.service_degrade": ["services[]", "target_mount"],
  "server.inode_fill": ["target_mount"],
  "server.io_stress": ["target_mount"],
  "server.sysctl_change": ["changes[].value"],
  "server.cron_disable": ["users[]"],
};

test.each(hostAgent(() => Promise.reject(new Error("nobody connects"))).skills.map(({ name }) => name))(
  "%s: no shell and no program reads a text of its params as anything but that text",
  async (name) => {
    expect(await reached(name)).toEqual(bound[name] ?? []);
  },
);
