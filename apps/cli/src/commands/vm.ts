import { microvm } from "@chaos-agents/catalog";
import { systemClock } from "@chaos-agents/core";
import type { Command } from "commander";
import { examples } from "../examples.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6).toLocaleString("en-US")} MB`;

export function define(command: Command, terminal: Terminal): void {
  command
    .description("microVMs: real Linux machines to break, in QEMU, with hardware virtualisation or without.")
    .addHelpText(
      "after",
      examples(
        ["chaos vm doctor", "what works here, and what is missing"],
        ["chaos vm image build", "build the standard image now, rather than when it is first needed"],
      ),
    );
  command
    .command("doctor")
    .description("Says what machines need, what of it is here, and what to do about the rest.")
    .option("--json", "one JSON object")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { vmDoctor } = await microvm();
      const findings = await vmDoctor(terminal.closed);
      process.exitCode = findings.some(({ state }) => state === "missing") ? 1 : 0;
      if (json) return terminal.printJson({ findings });
      const rows = findings.map(({ what, state, detail, remedy }) => [what, state, detail, remedy]);
      terminal.print(table(["what", "state", "detail", "what to do"], rows, { width: terminal.width() }));
    });
  const image = command.command("image").description("The disks and kernels that machines start from.");
  image
    .command("build")
    .description("Builds the standard image: a small Debian with systemd, sshd and services to break. Takes root.")
    .action(async () => {
      const { buildImage, imageFolder, standardRecipe } = await microvm();
      terminal.say("building the image: packages are fetched and unpacked, about a minute");
      const context = { folder: imageFolder(process.env), clock: systemClock, signal: terminal.closed };
      const { id, folder, files } = await buildImage(standardRecipe, context);
      terminal.print(`${id}: ${megabytes(files.disk.bytes)} in ${folder}`);
    });
  image
    .command("list")
    .description("Lists the images of this machine.")
    .option("--json", "one JSON object")
    .action(async ({ json = false }: { json?: boolean }) => {
      const { imageFolder, listImages } = await microvm();
      const images = await listImages(imageFolder(process.env));
      if (json) return terminal.printJson({ images });
      if (images.length === 0) return terminal.print("There are none. `chaos vm image build` builds one.");
      const rows = images.map(({ id, kernel, builtAt, files, folder }) => [
        id,
        kernel,
        new Date(builtAt).toISOString().slice(0, 16).replace("T", " "),
        megabytes(files.disk.bytes),
        folder,
      ]);
      terminal.print(table(["image", "kernel", "built (UTC)", "disk", "folder"], rows, { width: terminal.width() }));
    });
  image
    .command("rm")
    .description("Removes an image, and the snapshots made from it.")
    .argument("<image>", "as `chaos vm image list` names it")
    .action(async (id: string) => {
      const { imageFolder, removeImage } = await microvm();
      await removeImage(imageFolder(process.env), id);
      terminal.print(`${id} is removed.`);
    });
}
