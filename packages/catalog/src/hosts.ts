import type { OpenHost } from "@chaos-agents/host";

/** Servers are reached over SSH. */
export const openHost: OpenHost = async ({ jump, ...login }, { known_hosts, host_key_checking }, context) => {
  const { openSshHost } = await import("@chaos-agents/ssh");
  const keys = { known_hosts, host_key_check: host_key_checking };
  return await openSshHost({ ...login, ...keys, jump: jump.map((one) => ({ ...one, ...keys })) }, context);
};

/** Machines to throw away. */
export const microvm = () => import("@chaos-agents/microvm");
