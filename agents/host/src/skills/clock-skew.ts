import { type Finding, formatDuration, parseDuration } from "@chaos-agents/core";
import { z } from "zod";
import { type HostThing, type SkillHost, defineHostSkill, sh } from "../host-skill.ts";
import { stopUnits } from "../survey-services.ts";

type Data = { offset: number; keepers: string[]; exact: boolean };

/** Hundredths of a second that a clock may be off and still be called right. */
const tolerance = 100;
const keepers = ["systemd-timesyncd", "chrony", "chronyd", "ntp", "ntpd", "ntpsec", "openntpd"].map(
  (name) => `${name}.service`,
);

/**
 * What the clock shows more than the time since boot is the same as long as nobody sets it. In hundredths of a second, and
 * asked again where it took long: a busy host lets seconds pass between two looks. After another boot the clock comes from the
 * hardware, which we never set.
 */
const shows = `
  hundredths() { echo "\${1%.*}\${1#*.}"; }
  since_boot() { read -r up _ </proc/uptime; up=\${up%.*}\${up#*.}; }
  shows() {
    took=
    for try in 1 2 3 4 5 6 7 8; do
      since_boot; from=$up
      now=$(date +%s.%N)
      since_boot; now=\${now%???????}
      if [ -z "$took" ] || [ $((up - from)) -lt "$took" ]; then
        took=$((up - from))
        more=$((\${now%.*}\${now#*.} - from - took / 2))
      fi
      [ "$took" -gt 20 ] || break
    done
  }
  is_off_by_more_than() { shows; [ $((more - base)) -gt $(($1 + took / 2)) ] || [ $((base - more)) -gt $(($1 + took / 2)) ]; }
  same_boot() { [ "$(cat /proc/sys/kernel/random/boot_id)" = "$1" ]; }`;
const clockIs = `${shows}
  same_boot "$1" || exit "$4"
  base=$(hundredths "$2")
  ! is_off_by_more_than "$3"`;
const setClock = `${shows}
  same_boot "$1" || exit
  base=$(hundredths "$2")
  for try in 1 2 3 4; do
    since_boot; wanted=$((base + up))
    date -s "@\${wanted%??}.\${wanted#"\${wanted%??}"}" >/dev/null || exit
    is_off_by_more_than 20 || break
  done`;

const offsetSchema = z
  .string()
  .regex(/^[+-]/, "write it with its sign: +1h or -10m")
  .refine((text) => parseDuration(text.slice(1)) !== undefined, "write it like +1h, -10m or +400d")
  .refine((text) => (parseDuration(text.slice(1)) ?? 0) >= 5_000, "less than 5s cannot be told from an ordinary clock")
  .refine((text) => (parseDuration(text.slice(1)) ?? 0) <= 3_650 * 86_400_000, "ten years are the most");

export const clockSkew = defineHostSkill<{ offset: string }, Data>({
  name: "server.clock_skew",
  summary: "Set the clock wrong, and keep it so",
  effect:
    "Certificates and tokens look expired or not yet valid, caches and leases run out or never do, replicas disagree about what came first.",
  reversal: "compensated",
  reversalNote:
    "The clock is right again to within a second, as counted by the time since boot, and whoever kept it does so again. Files, rows and logs written meanwhile keep their wrong times; jobs that the wrong time started have run.",
  params: z.strictObject({
    offset: offsetSchema.default("+1h").meta({ description: "How much later or earlier the clock is: +1h, -10m" }),
  }),
  example: { offset: "-10m" },
  needs: () => [{ isolated: "clock" }, { command: "date" }, { command: "awk" }],

  async resolve(host, { offset }, { signal }): Promise<HostThing<Data>[]> {
    const { systemd } = (await host.machine.host(signal)).survey;
    const running = systemd ? await runningKeepers(host, signal) : [];
    const exact = /^\d+\.\d{9}$/.test((await host.look(["date", "+%s.%N"], signal)).trim());
    const ms = parseDuration(offset.slice(1))! * (offset.startsWith("-") ? -1 : 1);
    const stopped = running.length > 0 ? `, with ${running.join(" and ")} stopped` : "";
    return [
      {
        key: "clock",
        label: `set the clock ${formatDuration(Math.abs(ms))} ${ms < 0 ? "back" : "forward"}${stopped}`,
        undoLabel: `set the clock right${running.length > 0 ? `, and start ${running.join(" and ")}` : ""}`,
        cost: { services: running.length },
        data: { offset: ms / 1_000, keepers: running, exact },
      },
    ];
  },

  async preflight(host, things) {
    return things.flatMap(({ exact }): Finding[] => {
      if (exact) return [];
      const message = `${host.key}: its \`date\` cannot set a clock to the second`;
      return [{ level: "error", code: "unsupported", message, remedy: "Install the package coreutils" }];
    });
  },

  async *changes(host, { offset, keepers: units }, { signal }) {
    if (units.length > 0) yield stopUnits(units);
    const measure = `${shows}
      cat /proc/sys/kernel/random/boot_id
      shows; echo "\${more%??}.\${more#"\${more%??}"}"`;
    const [boot, base] = (await host.look(sh(measure), signal)).trim().split("\n") as [string, string];
    const skewed = (Number(base) + offset).toFixed(2);
    yield {
      asBefore: sh(clockIs, boot, base, tolerance, 0),
      isOurs: sh(clockIs, boot, skewed, 2 * tolerance, 1),
      putBack: sh(setClock, boot, base),
      act: sh(setClock, boot, skewed),
    };
  },

  async witness(host, _data, { signal, clock }, records) {
    const shows = (await host.look(["date", "-u", "+%Y-%m-%d %H:%M:%S UTC"], signal)).trim();
    const ours = new Date(clock.now()).toISOString().slice(0, 19).replace("T", " ");
    const { code } = await (
      await host.machine.host(signal)
    ).exec(records.at(-1)!.isOurs, { root: true, signal, timeout: 10_000 });
    return { landed: code === 0, detail: `its clock shows ${shows}, ours ${ours} UTC` };
  },
});

const runningKeepers = async (host: SkillHost, signal: AbortSignal): Promise<string[]> => {
  const script = `
    for unit; do
      if systemctl -q is-active -- "$unit"; then systemctl show --property=Id --value -- "$unit"; fi
    done`;
  return [...new Set((await host.look(sh(script, ...keepers), signal)).split("\n").filter(Boolean))];
};
