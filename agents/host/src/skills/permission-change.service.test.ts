import { skillContract } from "@chaos-agents/testkit/contract";
import { expect, test } from "vitest";
import { quoteArgv, seededRandom, systemClock } from "@chaos-agents/core";
import { agent, bed } from "../test/bed.fixture.ts";
import { planned } from "../test/planned.fixture.ts";
import { permissionChange } from "./permission-change.ts";

const odd = "/srv/it's a file; $(touch /srv/pwned)\nwith two lines";
const prepare = `for path in /srv/app.conf ${quoteArgv([odd])}; do mkdir -p "\${path%/*}" && echo secret >"$path" || exit; done; chmod 4751 /srv/app.conf`;

skillContract({
  agent,
  skill: "server.permission_change",
  where: "[CA-29]",
  subject: () =>
    bed(
      { paths: ["/srv/app.conf", odd] },
      async (outside) => (await outside("stat -c %a /srv/app.conf")).trim() === "0",
      prepare,
    ),
  async meddle({ outside }) {
    await outside("chmod 600 /srv/app.conf");
    return async () => (await outside("stat -c %a /srv/app.conf")).trim() === "600";
  },
});

test.for([
  "/etc/ssh/sshd_config",
  "/root/.ssh/authorized_keys",
  "/etc/sudoers",
  "/usr/bin/env",
  "/etc/../etc/passwd",
  "/home/somebody",
  "/",
])("[CA-29] %s is never changed", async (path) => {
  await using machine = await bed(
    {},
    async () => false,
    "mkdir -p /root/.ssh /etc/ssh /home/somebody && touch /root/.ssh/authorized_keys /etc/ssh/sshd_config /etc/sudoers",
  );
  const signal = AbortSignal.timeout(30_000);
  const config = agent.config.parse(machine.config);
  await using target = await agent.connect(config, { mark: "chaos/test", signal, clock: systemClock });
  const context = {
    run: "test",
    fault: "f",
    mark: "chaos/test/f",
    signal,
    clock: systemClock,
    random: seededRandom(1),
  };
  const params = permissionChange.params.parse({ paths: [path] });
  const resolving = permissionChange.resolve(target as never, params, { ...context, matchesFilters: () => true });
  await expect(resolving).rejects.toThrow(/never changed/);
});

test("[CA-29] a path that is not there is an error, and nothing else is taken for it", async () => {
  await using machine = await bed({}, async () => false);
  const paths = ["/srv/nothing here"];
  await expect(planned(machine, "server.permission_change", { paths })).rejects.toThrow(/nothing here.*No such file/);
});
