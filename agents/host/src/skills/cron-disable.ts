import { z } from "zod";
import { type SkillHost, type HostThing, defineHostSkill, sh } from "../host-skill.ts";
import { stopUnits, stoppedWith } from "../survey-services.ts";

type Data = { unit: string } | { crontab: string; held: string };

const daemons = ["cron.service", "crond.service", "cronie.service", "dcron.service", "fcron.service"];
const spools = ["/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron"];

/** Both names are on one filesystem, and cron passes over hidden files. */
const moveTo = '[ -f "$1" ] && [ ! -e "$2" ] && mv -- "$1" "$2"';

export const cronDisable = defineHostSkill({
  name: "server.cron_disable",
  summary: "Keep cron from starting its jobs: all of them, or those of some users",
  effect: "Backups, rotations, renewals and reports do not happen while it lasts. Jobs that run already go on.",
  reversal: "exact",
  reversalNote:
    "The daemon runs again, as a new process, or the crontabs are back as they were. Jobs that were due meanwhile are not made up for.",
  params: z.strictObject({
    users: z
      .array(z.string().regex(/^[^/.\0][^/\0]*$/, "write the name of a user"))
      .default([])
      .meta({ description: "Whose crontabs are held; when left out, cron itself is stopped" }),
  }),
  example: { users: ["backup"] },
  needs: ({ users }) => (users.length === 0 ? [{ systemd: true }] : []),

  async resolve(host, { users }, { signal, mark }): Promise<HostThing<Data>[]> {
    if (users.length === 0) {
      if (!(await host.machine.host(signal)).survey.systemd) return [];
      return (await runningDaemons(host, signal)).map((unit) => ({
        key: unit,
        label: `stop ${unit}, so that no job of cron starts`,
        undoLabel: `start ${unit}`,
        cost: { services: 1 },
        reversal: "compensated" as const,
        data: { unit },
      }));
    }
    const script =
      'for user; do for folder in $spools; do [ -f "$folder/$user" ] && printf "%s\\0" "$folder/$user"; done; done; :';
    const found = await host.look(sh(`spools='${spools.join(" ")}'; ${script}`, ...users), signal);
    return found
      .split("\0")
      .filter(Boolean)
      .map((crontab) => {
        const slash = crontab.lastIndexOf("/");
        const user = crontab.slice(slash + 1);
        return {
          key: crontab,
          label: `hold the crontab of ${user}`,
          undoLabel: `give ${user} the crontab back`,
          cost: { files: 1 },
          data: { crontab, held: `${crontab.slice(0, slash)}/.${mark.replaceAll("/", "-")}.${user}` },
        };
      });
  },

  async *changes(host, data, { signal }) {
    if ("unit" in data) {
      yield stopUnits(await stoppedWith(host, data.unit, signal));
      return;
    }
    const { crontab, held } = data;
    yield {
      asBefore: ["test", "!", "-e", held],
      // a crontab that was made since is the user's will
      isOurs: ["test", "!", "-e", crontab],
      putBack: sh(`${moveTo} && sync -- "\${2%/*}"`, held, crontab),
      act: sh(moveTo, crontab, held),
    };
  },

  async witness(host, data, { signal }) {
    if ("unit" in data) {
      const running = await runningDaemons(host, signal);
      return { landed: !running.includes(data.unit), detail: `cron daemons that run: ${running.join(", ") || "none"}` };
    }
    const there = (await host.look(sh('if [ -e "$1" ]; then echo yes; fi', data.crontab), signal)) !== "";
    return { landed: !there, detail: `${data.crontab} is ${there ? "there" : "held"}` };
  },
});

const runningDaemons = async (host: SkillHost, signal: AbortSignal): Promise<string[]> => {
  const script = 'for unit; do if systemctl -q is-active -- "$unit"; then echo "$unit"; fi; done';
  const units = (await host.look(sh(script, ...daemons), signal)).split("\n").filter(Boolean);
  return [...new Set(units)];
};
