import { type Command, Argument } from "commander";
import { type Shell, scripts, shells } from "../completion/scripts.ts";
import { examples } from "../examples.ts";
import type { Terminal } from "../terminal.ts";

export function define(command: Command, terminal: Terminal): void {
  command
    .description("Prints a script that lets a shell complete commands, options, skills, runs and files.")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      examples(
        ["source <(chaos completion bash)", "for ~/.bashrc"],
        ["source <(chaos completion zsh)", "for ~/.zshrc, after compinit"],
        ["chaos completion fish | source", "for ~/.config/fish/config.fish"],
      ),
    )
    .action((shell: Shell) => terminal.write(terminal.stdout, scripts[shell]));
}
