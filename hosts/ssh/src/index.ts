export { openSshHost } from "./open-ssh-host.ts";
export type { SshAuth, SshEndpoint, SshHostConfig } from "./ssh-host-config.ts";
