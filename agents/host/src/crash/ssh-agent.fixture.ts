import { once } from "node:events";
import { connect } from "node:net";
import { openSshHost } from "@chaos-agents/ssh";
import { hostAgent } from "../index.ts";
import type { HostLogin } from "../config.ts";

/** A login whose connection goes to this port of ours first, where somebody counts and cuts. */
export type WatchedLogin = HostLogin & { through?: number };

/** The agent as it is shipped, over SSH. */
export const sshAgent = hostAgent(async ({ through, ...login }: WatchedLogin, { known_hosts }, context) => {
  const way = async () => {
    const socket = connect({ host: "127.0.0.1", port: through!, noDelay: true });
    await once(socket, "connect");
    return socket;
  };
  return await openSshHost({ ...login, known_hosts, ...(through !== undefined && { way }) }, context);
});
