import { onMachine } from "../test/machine.fixture.ts";

/** Answers whether it is another one than when it was last asked; who has felt it goes on with the new one. */
function anew(script: string) {
  let known: string | undefined;
  return async (outside: (script: string) => Promise<string>) => {
    const now = await outside(script);
    const other = known !== undefined && now !== known;
    known = now;
    return other;
  };
}

const busy = `
  cat >/etc/systemd/system/busy.service <<'END'
[Service]
ExecStart=/bin/sh -c 'while :; do :; done'
MemoryMax=256M
END
  systemctl daemon-reload
  systemctl start busy nginx`;
const used = `
  ticks() { read -r stat <"/proc/$(systemctl show --property=MainPID --value busy)/stat"; set -- \${stat##*) }; echo $(($12 + $13)); }
  before=$(ticks); sleep 1; echo $(($(ticks) - before))`
  .replaceAll("$12", "${12}")
  .replaceAll("$13", "${13}");

onMachine("systemd and a kernel of its own", (skill) => {
  skill("server.service_degrade", {
    params: { services: ["busy"], cpu: "10%", memory: "64M" },
    prepare: busy,
    felt: async (outside) =>
      Number(await outside(used)) < 40 &&
      (await outside("systemctl show --property=MemoryMax --value busy")).trim() === `${2 ** 26}`,
    async meddle({ outside }) {
      await outside("systemctl set-property --runtime busy CPUQuota=33%");
      return async () =>
        (await outside("systemctl show --property=CPUQuotaPerSecUSec --value busy")).trim() === "330ms";
    },
  });
  skill("server.service_restart", {
    params: { services: ["nginx"] },
    prepare: "systemctl stop busy; systemctl start nginx",
    felt: anew("systemctl show --property=MainPID nginx"),
    mayRemain: /^(?:gone|new): process nginx/,
  });
  skill("server.cron_disable", {
    params: {},
    prepare: "systemctl start cron",
    felt: async (outside) => (await outside("systemctl is-active cron || :")).trim() === "inactive",
  });
  skill("server.clock_skew", {
    params: { offset: "-2h" },
    felt: async (outside) => Math.abs(Number(await outside("date +%s")) - Date.now() / 1_000) > 3_600,
  });
  skill("server.sysctl_change", {
    params: { changes: [{ param: "vm.swappiness", value: 11 }] },
    felt: async (outside) => (await outside("cat /proc/sys/vm/swappiness")).trim() === "11",
  });
});
