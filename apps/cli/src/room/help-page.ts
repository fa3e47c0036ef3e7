import { grid } from "@chaos-agents/report";
import type { Hint } from "./frame.ts";
import type { RoomKey } from "./keys.ts";
import type { Look, Said, Size } from "./look.ts";
import type { Page } from "./page.ts";
import type { Room } from "./room.ts";
import { Scroll } from "./scroll.ts";

const sections: readonly [string, readonly Hint[]][] = [
  [
    "Runs",
    [
      ["Enter", "look at a run: live while it goes on, its report when it has ended"],
      ["/", "search by name, id or how it ended; Esc shows all again"],
      ["n", "start an experiment: choose a file, look at its plan, approve it"],
    ],
  ],
  [
    "A run",
    [
      ["Tab", "between its progress or report, and its events"],
      ["s", "stop it: everything it changed is put back, whichever process runs it"],
      ["r", "put back what it left behind, when its process is gone"],
      ["o", "write its report as a page for browsers"],
    ],
  ],
  [
    "Everywhere",
    [
      ["H", "halt: every run stops and undoes, killed ones too; none starts"],
      ["R", "resume: runs may start again"],
      ["Up Down", "move; also j k, PgUp PgDn, Space, Home End, g G"],
      ["Esc", "back"],
      ["q", "leave; runs go on without this view"],
    ],
  ],
];

export class HelpPage implements Page {
  readonly crumb = "Help";
  readonly hints = [];
  readonly #room: Room;
  readonly #scroll = new Scroll();

  constructor(room: Room) {
    this.#room = room;
  }

  get status(): readonly Said[] {
    const { place } = this.#scroll;
    return place === null ? [] : [["dim", place]];
  }

  lines({ width, height }: Size, { paint, ellipsis }: Look): readonly string[] {
    const lines = sections.flatMap(([title, keys]) => [
      "",
      ` ${paint("strong", title)}`,
      ...grid(
        keys.map(([key, does]) => [{ text: key, ink: "accent" as const }, { text: does }]),
        { paint, width: width - 1, ellipsis, give: [1] },
      ),
    ]);
    return this.#scroll.window(lines.slice(1), height);
  }

  press(key: RoomKey): boolean {
    if (key === "?") {
      this.#room.close(this);
      return true;
    }
    return this.#scroll.press(key);
  }

  [Symbol.dispose](): void {}
}
