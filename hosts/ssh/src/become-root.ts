import { ChaosError } from "@chaos-agents/core";

/** How sudo is called without a terminal, and what it is told on its standard input. */
export interface Sudo {
  readonly argv: readonly string[];
  readonly stdin: string;
}

/** Fails at once where it would have to ask. */
export const freeSudo: Sudo = { argv: ["sudo", "-n", "--"], stdin: "" };

/** `-k`: it asks each time, so that the password never ends up in the command's input. */
export const sudoWith = (password: string): Sudo => ({
  argv: ["sudo", "-k", "-S", "-p", "''", "--"],
  stdin: `${password}\n`,
});

/** Why sudo did not start the command, from what it printed. */
export function explainSudo(label: string, username: string, said: string, hasPassword: boolean): ChaosError {
  const line = `${username} ALL=(root) NOPASSWD: ALL`;
  const where = `on ${label}`;
  const error = (message: string, remedy: string) =>
    new ChaosError("permission-missing", message, { remedy, facts: { said: said.trim().slice(0, 500) } });
  if (/incorrect password|try again|no password was provided/i.test(said) && hasPassword) {
    return error(
      `sudo does not take the password of ${username} ${where}`,
      `Set the right sudo_password, or put "${line}" in a file in /etc/sudoers.d there`,
    );
  }
  if (/password is required|terminal is required|no password was provided|incorrect password/i.test(said)) {
    return error(
      `sudo asks ${username} for a password ${where}`,
      `Put "${line}" in a file in /etc/sudoers.d there, or set sudo_password`,
    );
  }
  if (/must have a tty/i.test(said)) {
    return error(
      `sudo wants a terminal ${where}`,
      `Put "Defaults:${username} !requiretty" in a file in /etc/sudoers.d there`,
    );
  }
  if (/not in the sudoers|not allowed to|may not run/i.test(said)) {
    return error(
      `${username} may not become root ${where}`,
      `Put "${line}" in a file in /etc/sudoers.d there, or log in as root`,
    );
  }
  if (/not found|No such file/i.test(said)) {
    return error(`there is no sudo ${where}, and ${username} is not root`, "Install sudo there, or log in as root");
  }
  const last = said.trim().split("\n").at(-1);
  return error(`${username} does not become root ${where}${last ? `: ${last}` : ""}`, "Try there: sudo -n true");
}
