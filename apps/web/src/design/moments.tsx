import { useSyncExternalStore } from "react";

const local = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const withYear = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

let now = Date.now();
const listeners = new Set<() => void>();
let ticking: ReturnType<typeof setInterval> | undefined;

/** One clock for the page, that only runs while something looks at it. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticking ??= setInterval(() => {
    now = Date.now();
    listeners.forEach((one) => one());
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(ticking);
    ticking = undefined;
  };
}
export const useNow = () => useSyncExternalStore(subscribe, () => now);

export function When({ at, ago = false }: { at: number; ago?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={date.toISOString()} title={withYear.format(date)} className="whitespace-nowrap">
      {ago ? <Ago at={at} /> : local.format(date)}
    </time>
  );
}

const Ago = ({ at }: { at: number }) => <>{agoText(useNow() - at)}</>;

export function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds}s ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${hours} h ago`;
  return `${Math.round(hours / 24)} days ago`;
}
