import { fitted, grid } from "@chaos-agents/report";
import { type ExperimentFile, experimentFiles } from "./experiment-files.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";
import { PlanPage } from "./plan-page.ts";
import type { Room } from "./room.ts";
import { moved } from "./scroll.ts";

/** The files of experiments there are here, to choose one. */
export class FilesPage implements Page {
  readonly crumb = "New";
  readonly #room: Room;
  #files: readonly ExperimentFile[] | null = null;
  #at = 0;
  #top = 0;
  #height = 1;

  constructor(room: Room) {
    this.#room = room;
    room.attempt(async () => {
      this.#files = await experimentFiles(process.cwd());
      room.changed();
    });
  }

  get hints() {
    return this.#files?.length ? ([["Enter", "see its plan"]] as const) : [];
  }

  get status(): readonly Said[] {
    return this.#files === null
      ? []
      : [["dim", `${this.#files.length} ${this.#files.length === 1 ? "file" : "files"}`]];
  }

  lines({ width, height }: Size, { paint, unicode, ellipsis }: Look): readonly string[] {
    const files = this.#files;
    if (files === null) return [];
    const said = (text: string) => ` ${paint("dim", fitted(text, width - 2, ellipsis))}`;
    if (files.length === 0) {
      return [
        "",
        said("There is no file of experiments here, nor in ./config."),
        said("`chaos init` writes a first one."),
      ];
    }
    this.#height = Math.max(1, height - 2);
    this.#top = Math.max(Math.min(this.#top, this.#at), this.#at - this.#height + 1);
    const rows = files.slice(this.#top, this.#top + this.#height).map(({ path, names }, index) => {
      const chosen = this.#top + index === this.#at;
      return [
        { text: chosen ? (unicode ? "›" : ">") : "", ink: "accent" as const },
        { text: path, ink: chosen ? ("strong" as const) : ("plain" as const) },
        { text: names.join(", "), ink: "dim" as const },
      ];
    });
    return [
      said("Which file? Nothing is touched before its plan is approved."),
      "",
      ...grid(rows, { paint, width, ellipsis, indent: 1, give: [2] }),
    ];
  }

  press(key: RoomKey): boolean {
    const files = this.#files ?? [];
    const file = files[this.#at];
    if ((key === "enter" || key === "right") && file) {
      this.#room.open(new PlanPage(this.#room, file, { onto: this }));
      return true;
    }
    const to = moved(key, this.#at, this.#height, Math.max(0, files.length - 1));
    if (to === undefined) return false;
    this.#at = to;
    return true;
  }

  [Symbol.dispose](): void {}
}
