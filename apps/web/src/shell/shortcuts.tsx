import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { places } from "./places.ts";

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

/** `g` and a letter goes somewhere, `/` searches, `?` tells what there is. */
export function Shortcuts() {
  const navigate = useNavigate();
  const [shown, setShown] = useState(false);
  useEffect(() => {
    let leading = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const place = performance.now() - leading < 1_200 && places.find(({ key }) => key === event.key);
      leading = event.key === "g" ? performance.now() : 0;
      if (place) {
        event.preventDefault();
        void navigate({ to: place.to });
      } else if (event.key === "/") {
        const search = document.querySelector<HTMLInputElement>("input[type=search]");
        if (!search) return;
        event.preventDefault();
        search.focus();
        search.select();
      } else if (event.key === "?") setShown(true);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [navigate]);
  const rows: [string, string][] = [
    ["/", "Search on this page"],
    ...places.map(({ name, key }): [string, string] => [`g ${key}`, name]),
    ["← →", "Move the read-out of charts"],
    ["Ctrl Space", "Complete, in the editor"],
    ["?", "These shortcuts"],
  ];
  return (
    <Dialog.Root open={shown} onOpenChange={setShown}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-[rgb(0_0_0/0.5)]" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-1/2 left-1/2 z-50 w-[min(24rem,calc(100vw-2rem))] -translate-1/2 rounded-lg border border-line bg-card p-6 shadow-xl"
        >
          <Dialog.Title className="mb-3 text-xl font-semibold tracking-tight">Keyboard</Dialog.Title>
          <dl className="grid grid-cols-[auto_1fr] gap-x-6 gap-y-1.5">
            {rows.map(([keys, what]) => (
              <div key={keys} className="contents">
                <dt className="flex gap-1">
                  {keys.split(" ").map((key) => (
                    <kbd key={key} className="rounded-sm border border-line bg-well px-1.5 text-xs leading-5">
                      {key}
                    </kbd>
                  ))}
                </dt>
                <dd className="text-sm text-soft">{what}</dd>
              </div>
            ))}
          </dl>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
