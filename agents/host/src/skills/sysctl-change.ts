import { type Finding, ChaosError } from "@chaos-agents/core";
import { z } from "zod";
import { defineHostSkill, sh } from "../host-skill.ts";

/** Settings that go one way only, do something when written, change others along, or could keep us and everybody out. */
const never: readonly { names: RegExp; why: string }[] = [
  {
    names:
      /^kernel\.(?:modules_disabled|kexec_load\w*|unprivileged_bpf_disabled|yama\.ptrace_scope)$|^net\.core\.bpf_jit_harden$/,
    why: "it may go one way only",
  },
  {
    names:
      /^vm\.(?:drop_caches|compact_memory|stat_refresh)$|\.flush$|^kernel\.(?:ns_last_pid|random\..+|sysctl_writes_strict)$|^fs\.binfmt_misc\./,
    why: "writing it does something that cannot be put back",
  },
  {
    names:
      /^net\.ipv4\.ip_forward$|^net\.ipv[46]\.conf\.(?:all|default)\.(?:forwarding|disable_ipv6)$|\.disable_ipv6$|\.(?:mc_)?forwarding$|^net\.mptcp\.enabled$/,
    why: "the kernel changes other settings or addresses along with it",
  },
  {
    names:
      /panic|^kernel\.(?:core_pattern|modprobe|hotplug|poweroff_cmd|pid_max|threads-max|cad_pid|sysrq|usermodehelper\..+)$|^fs\.(?:file-max|nr_open)$|^vm\.(?:overcommit_\w+|min_free_kbytes|nr_hugepages\w*|nr_overcommit_hugepages|max_map_count|mmap_min_addr|admin_reserve_kbytes|user_reserve_kbytes|lowmem_\w+)$|^net\.ipv4\.tcp_mem$|\.arp_\w+$|\.rp_filter$/,
    why: "the host could be out of reach, or end, because of it",
  },
];

/** In a container these are its own. */
const ownOfContainers = /^net\.(?:ipv4|ipv6|unix|netfilter)\.|^kernel\.(?:shm|msg|sem)|^fs\.mqueue\./;

const nameOf = (param: string) =>
  /^[^./]*\//.test(param) ? param.replace(/[./]/g, (mark) => (mark === "." ? "/" : ".")) : param;
/** As sysctl reads it: where dots part the words, a slash stands for a dot. */
const pathOf = (name: string) => `/proc/sys/${name.replace(/[./]/g, (mark) => (mark === "." ? "/" : "."))}`;
const words = (value: string) => value.trim().split(/\s+/).join(" ");

const read = `
  [ -f "$1" ] || { echo "there is no $1" >&2; exit 1; }
  value=$(cat -- "$1") || exit
  set -f; set -- $value; echo "$*"`;
const valueIs = 'value=$2; set -f; set -- $(cat -- "$1"); [ "$*" = "$value" ]';
const write = 'printf "%s\\n" "$2" >"$1"';
/** The kernel may round what it is told; then we could not tell ours from somebody else's. */
const change = `
  path=$1 before=$2 ours=$3
  now() { set -f; set -- $(cat -- "$path"); printf '%s\\n' "$*"; }
  [ "$(now)" = "$ours" ] && exit
  [ "$(now)" = "$before" ] || { echo 'it was changed meanwhile' >&2; exit 1; }
  printf '%s\\n' "$ours" >"$path" || { echo "the kernel refuses $ours" >&2; exit 1; }
  [ "$(now)" = "$ours" ] && exit
  echo "the kernel makes $(now) of $ours" >&2
  printf '%s\\n' "$before" >"$path"
  exit 1`;

export const sysctlChange = defineHostSkill({
  name: "server.sysctl_change",
  summary: "Change kernel settings while it runs",
  effect: "Depends on the setting: connections refused when queues are short, swapping, ports that run out.",
  reversal: "exact",
  reversalNote: "Every setting gets the value back that it had, where nobody has changed it since.",
  params: z.strictObject({
    changes: z
      .array(
        z.strictObject({
          param: z
            .string()
            .regex(/^[a-z0-9][\w./:@-]*$/i, "write a name like net.core.somaxconn")
            .refine((name) => !name.split(/[./]/).includes(""), "write a name like net.core.somaxconn")
            .meta({ description: "The setting: net.core.somaxconn" }),
          value: z
            .union([z.string().regex(/^[^\n\0]*\S[^\n\0]*$/, "a value is one line"), z.int()])
            .meta({ description: "What it becomes" }),
        }),
      )
      .min(1)
      .meta({ description: "Which settings, and what they become" }),
  }),
  example: { changes: [{ param: "net.core.somaxconn", value: 8 }] },
  needs: ({ changes }) =>
    changes.every(({ param }) => ownOfContainers.test(nameOf(param))) ? [] : [{ isolated: "kernel settings" }],

  async resolve(host, { changes }, { signal }) {
    const last = new Map(changes.map(({ param, value }) => [nameOf(param), words(`${value}`)]));
    const things = [...last].map(async ([name, value]) => {
      const refused = never.find(({ names }) => names.test(name));
      if (refused) {
        throw new ChaosError("unsupported", `${host.key}: ${name} is never changed: ${refused.why}`, {
          remedy: "Choose another setting",
        });
      }
      const path = pathOf(name);
      const before = (await host.look(sh(read, path), signal)).trim();
      return {
        key: name,
        label: `change ${name} from ${before} to ${value}`,
        undoLabel: `give ${name} its value ${before} back`,
        cost: { settings: 1 },
        data: { name, path, value, before },
      };
    });
    return await Promise.all(things);
  },

  async preflight(host, things) {
    return things
      .filter(({ value, before }) => value === before)
      .map(({ name, value }): Finding => {
        return { level: "error", code: "no-effect", message: `${host.key}: ${name} is ${value} already` };
      });
  },

  async *changes(host, { path, value }, { signal }) {
    const before = (await host.look(sh(read, path), signal)).trim();
    yield {
      asBefore: sh(valueIs, path, before),
      isOurs: sh(valueIs, path, value),
      putBack: sh(write, path, before),
      act: sh(change, path, before, value),
    };
  },

  async witness(host, { name, path, value }, { signal }) {
    const seen = (await host.look(sh(read, path), signal)).trim();
    return { landed: seen === value, detail: `${name} is ${seen}` };
  },
});
