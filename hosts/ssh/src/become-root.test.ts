import { expect, test } from "vitest";
import { explainSudo } from "./become-root.ts";

test.each([
  ["sudo: a password is required", false, "asks amy for a password on web-1", "amy ALL=(root) NOPASSWD: ALL"],
  ["Sorry, try again.\nsudo: no password was provided", true, "does not take the password", "sudo_password"],
  ["sudo: 3 incorrect password attempts", true, "does not take the password", "sudo_password"],
  ["sudo: sorry, you must have a tty to run sudo", false, "wants a terminal", "!requiretty"],
  ["amy is not in the sudoers file.", true, "may not become root", "sudoers.d"],
  ["Sorry, user amy is not allowed to execute '/usr/bin/sh' as root", true, "may not become root", "sudoers.d"],
  ["env: 'sudo': No such file or directory", false, "there is no sudo on web-1", "log in as root"],
  ["sudo: something new", false, "does not become root on web-1: sudo: something new", "sudo -n true"],
])("%j is explained", (said, hasPassword, message, remedy) => {
  const error = explainSudo("web-1", "amy", said, hasPassword);
  expect(error.code).toBe("permission-missing");
  expect(error.message).toContain(message);
  expect(error.remedy).toContain(remedy);
});
