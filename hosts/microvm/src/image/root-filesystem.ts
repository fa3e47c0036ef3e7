import { chmod, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../commands.ts";
import { basePackages, guestFolder, type ImageRecipe, kernelPackage } from "./recipe.ts";

const withoutDocs = ["/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*", "/usr/share/info/*"];

/**
 * A Debian in a folder. The kernel's package is taken apart instead of installed: it would bring an initramfs of its
 * own, made for hardware that is not there.
 */
export async function makeRootFilesystem(recipe: ImageRecipe, root: string, signal: AbortSignal): Promise<void> {
  const unpackKernel = [
    `chroot "$1" apt-get update -qq`,
    `kernel=$(chroot "$1" apt-cache depends ${kernelPackage} | awk '/Depends: linux-image-[0-9]/ { print $2 }')`,
    `test -n "$kernel"`,
    `cd "$1/tmp"`,
    `chroot "$1" sh -c "cd /tmp && apt-get download -qq -o APT::Sandbox::User=root $kernel"`,
    `dpkg-deb -x "$kernel"_*.deb kernel`,
    `mv kernel/lib/modules "$1/usr/lib/modules"`,
    `mv kernel/boot/vmlinuz-* "$1/boot/"`,
    `chroot "$1" depmod "$(ls "$1/usr/lib/modules")"`,
    `rm -rf "$1"/tmp/*`,
  ].join(" && ");
  await runCommand(
    [
      "mmdebstrap",
      "--quiet",
      "--mode=root",
      "--variant=minbase",
      "--format=directory",
      `--include=${[...basePackages, ...recipe.packages].join(",")}`,
      '--aptopt=Acquire::Languages "none"',
      "--dpkgopt=force-unsafe-io",
      ...withoutDocs.map((path) => `--dpkgopt=path-exclude=${path}`),
      `--customize-hook=${unpackKernel}`,
      recipe.suite,
      root,
      recipe.mirror,
    ],
    { signal },
  );
  await trim(root);
}

/** Leaves what a server under test needs, and takes out what only makes it slow to start. */
async function trim(root: string): Promise<void> {
  const units = join(root, "etc/systemd/system");
  await cp(join(guestFolder, "rootfs"), root, { recursive: true, force: true });
  const listed = (await readFile(join(guestFolder, "masked-units"), "utf8")).split("\n");
  for (const unit of listed.filter((line) => line && !line.startsWith("#"))) await mask(join(units, unit));

  const generators = join(root, "etc/systemd/system-generators");
  await mkdir(generators, { recursive: true });
  for (const name of await readdir(join(root, "usr/lib/systemd/system-generators"))) await mask(join(generators, name));

  await symlink("/lib/systemd/system/multi-user.target", join(units, "default.target"));
  // Started by its socket when somebody asks for it.
  await rm(join(root, "usr/lib/systemd/system/multi-user.target.wants/dbus.service"), { force: true });
  const wants = join(units, "multi-user.target.wants");
  await symlink("../chaos-identity.service", join(wants, "chaos-identity.service"));

  const agent = join(root, "usr/lib/chaos/identity-agent");
  await cp(join(guestFolder, "identity-agent.pl"), agent);
  await chmod(agent, 0o755);

  for (const name of await readdir(join(root, "etc/ssh"))) {
    if (name.startsWith("ssh_host_")) await rm(join(root, "etc/ssh", name));
  }
  await writeFile(join(root, "etc/machine-id"), "");
  await rm(join(root, "var/lib/dbus/machine-id"), { force: true });
  await rm(join(root, "etc/resolv.conf"), { force: true });
  await writeFile(join(root, "etc/resolv.conf"), "");
}

async function mask(path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink("/dev/null", path);
}
