import { onMachine } from "../test/machine.fixture.ts";

const answers = async (outside: (script: string) => Promise<string>) =>
  (await outside("curl -s -o /dev/null -w '%{http_code}' --max-time 5 http://127.0.0.1/ || :")).trim() === "200";

/** A service that needs another one, and a socket that would start it again. */
const prepare = `
  cat >/etc/systemd/system/needs-nginx.service <<'END'
[Unit]
Requires=nginx.service
After=nginx.service
[Service]
ExecStart=/bin/sleep infinity
END
  cat >/etc/systemd/system/echo.socket <<'END'
[Socket]
ListenStream=127.0.0.1:7007
END
  cat >/etc/systemd/system/echo.service <<'END'
[Service]
ExecStart=/bin/sleep infinity
END
  systemctl daemon-reload
  systemctl start nginx needs-nginx echo.socket echo.service`;

onMachine("services", (skill) => {
  skill("server.service_stop", {
    params: { services: ["nginx", "echo"] },
    prepare,
    felt: async (outside) => {
      const states = await outside("systemctl is-active nginx needs-nginx echo.socket echo.service || :");
      return (
        !(await answers(outside)) &&
        states
          .trim()
          .split("\n")
          .every((state) => state === "inactive" || state === "failed")
      );
    },
  });
  skill("server.disk_fill", {
    params: { size: "97%", target_mount: "/var/lib" },
    felt: async (outside) => Number((await outside("df -P /var/lib | awk 'NR == 2 { print $5 + 0 }'")).trim()) >= 95,
  });
  skill("server.cpu_stress", {
    params: { workers: 1 },
    felt: async (outside) => (await outside("pgrep -c stress-ng-cpu || :")).trim() !== "0",
  });
  skill("server.memory_stress", {
    params: { memory: "96MB" },
    felt: async (outside) => (await outside("pgrep -c stress-ng-vm || :")).trim() !== "0",
  });
  skill("server.permission_change", {
    params: { paths: ["/etc/nginx/nginx.conf"] },
    felt: async (outside) => (await outside("stat -c %a /etc/nginx/nginx.conf")).trim() === "0",
  });
});
