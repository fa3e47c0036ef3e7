import { type ReactNode, useId } from "react";

interface Panel {
  title: ReactNode;
  /** Beside the title: counts, buttons. */
  aside?: ReactNode;
  children: ReactNode;
  /** Without a card around it, for what brings its own. */
  bare?: boolean;
  className?: string;
}

export function Panel({ title, aside, children, bare = false, className = "" }: Panel) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={className}>
      <div className="mb-2.5 flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h2 id={id} className="text-lg font-semibold tracking-tight">
          {title}
        </h2>
        {aside}
      </div>
      {bare ? children : <div className="overflow-hidden rounded-lg border border-line bg-card">{children}</div>}
    </section>
  );
}

export function PageHead({ title, kicker, children }: { title: ReactNode; kicker?: ReactNode; children?: ReactNode }) {
  return (
    <header className="mb-6 flex in-data-joined:mb-0 flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        {kicker && <p className="mb-0.5 text-sm text-soft">{kicker}</p>}
        <h1 className="text-2xl font-semibold tracking-tight text-balance">{title}</h1>
      </div>
      {children && <div className="flex flex-wrap items-center gap-2">{children}</div>}
    </header>
  );
}
