/** A process that starts an sshd, logs in to it, says so, and then waits for its end. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { startSshd } from "./sshd-server.ts";

const server = await startSshd();
const user = `${server.users[0]}@${server.host}`;
const options = ["BatchMode=yes", "IdentitiesOnly=yes", `UserKnownHostsFile=${server.knownHosts}`]
  .flatMap((option) => ["-o", option])
  .concat(["-F", "none", "-i", server.privateKey, "-p", String(server.port)]);
const session = spawn("ssh", [...options, user, "setsid sleep 99999 & echo in; exec sleep 99999"]);
await once(session.stdout, "data");
writeSync(
  1,
  `${JSON.stringify({ pid: server.pid, directory: server.directory, device: server.link?.device ?? null })}\n`,
);
setInterval(() => {}, 60_000);
