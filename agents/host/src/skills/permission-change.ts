import { ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";
import { configurationFiles } from "../survey-services.ts";

const needsQuotes = 'write the mode in quotes, as for chmod: "000" or "0640"';

/** Without these nobody gets back in, or nothing can be put back. */
const waysBack =
  /^\/$|^\/(?:bin|sbin|lib\w*|usr|dev|proc|sys|boot|run|root|home(?:\/[^/]+)?|etc|var|var\/lib)$|^\/(?:usr\/)?s?bin\/|^\/(?:usr\/)?lib\w*\/|^\/etc\/(?:ssh|sudoers|sudoers\.d|pam\.d|passwd|shadow|group|nsswitch\.conf|ld\.so\.\w+|systemd)(?:\/|$)|\/\.ssh(?:\/|$)|^\/(?:var\/lib|run)\/chaos-agents(?:\/|$)/;

const modeIs = (path: string, mode: string) => sh('[ "$(stat -c %a -- "$1")" = "$2" ]', path, mode);

export const permissionChange = defineHostSkill({
  name: "server.permission_change",
  summary: "Take away the rights on files, so that services cannot read them",
  effect: "Services that open the files anew fail: at their next start, reload or log rotation. root is not stopped.",
  reversal: "exact",
  reversalNote: "Every file gets the mode back that it had, where nobody has changed it since.",
  params: z.strictObject({
    paths: z
      .array(z.string().startsWith("/", "give absolute paths"))
      .default([])
      .meta({ description: "Which files; the configuration of running services when left out" }),
    mode: z
      .string({ error: needsQuotes })
      .regex(/^[0-7]{3,4}$/, needsQuotes)
      .default("000")
      .meta({ description: "The rights they get, as for chmod" }),
    max_files: z.int().min(1).default(5).meta({ description: "How many are chosen when no paths are given" }),
  }),
  example: { paths: ["/etc/nginx/nginx.conf"], mode: "000" },
  needs: ({ paths }) => (paths.length === 0 ? [{ systemd: true }] : []),

  async resolve(host, { paths, mode, max_files }, { servers, signal, matchesFilters, random }) {
    const chosen =
      paths.length > 0
        ? paths
        : random.sample(await configurationFiles(host, servers, matchesFilters, signal), max_files);
    // a path may contain anything but NUL
    const script =
      'for path; do real=$(realpath -e -- "$path" && echo .) && stat --printf "%a %n\\0" -- "${real%??}" || exit; done';
    const found = chosen.length === 0 ? "" : await host.look(sh(script, ...chosen), signal);
    const files = new Map(
      found
        .split("\0")
        .filter(Boolean)
        .map((line) => [line.slice(line.indexOf(" ") + 1), line.split(" ")[0]!]),
    );
    return [...files].map(([path, before]) => {
      if (waysBack.test(path)) {
        throw new ChaosError(
          "unsupported",
          `${host.key}: ${path} is never changed: nobody could get back in without it`,
          {
            remedy: "Name files that belong to one service",
          },
        );
      }
      return {
        key: path,
        label: `change the mode of ${path} from ${before} to ${mode}`,
        undoLabel: `give ${path} its mode ${before} back`,
        cost: { files: 1 },
        data: { path, mode: mode.replace(/^0+(?=.)/, "") },
      };
    });
  },

  async *changes(host, { path, mode }, { signal }) {
    const before = (await host.look(["stat", "-c", "%a", "--", path], signal)).trim();
    yield {
      asBefore: modeIs(path, before),
      isOurs: modeIs(path, mode),
      putBack: sh('chmod "$2" -- "$1" && sync -- "$1"', path, before.padStart(4, "0")),
      act: sh('[ "$(stat -c %a -- "$1")" = "$2" ] && chmod "$3" -- "$1"', path, before, mode.padStart(4, "0")),
    };
  },

  async witness(host, { path, mode }, { signal }) {
    const seen = (await host.look(["stat", "-c", "%a", "--", path], signal)).trim();
    return { landed: seen === mode, detail: `${path} has mode ${seen}` };
  },
});
