import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiError } from "../api/client.ts";
import { followLists } from "../api/lists-feed.ts";
import { machineQuery, sessionQuery } from "../api/queries.ts";
import { Failure, Skeleton } from "../design/states.tsx";
import { ConnectionSign, OfflineBanner } from "./connection.tsx";
import { HaltedBanner } from "./halted-banner.tsx";
import { Login } from "./login.tsx";
import { Mark } from "./mark.tsx";
import { places } from "./places.ts";
import { Shortcuts } from "./shortcuts.tsx";

/** What stands around every page: the places, the state of the connection, and the safety lever's. */
export function Shell() {
  const session = useQuery(sessionQuery);
  if (session.error instanceof ApiError && session.error.status === 401) return <Login />;
  if (!session.data) {
    return (
      <main className="mx-auto max-w-xl p-6">
        {session.error ? (
          <Failure error={session.error} again={() => void session.refetch()} />
        ) : (
          <Skeleton lines={5} />
        )}
      </main>
    );
  }
  return <Room />;
}

function Room() {
  const client = useQueryClient();
  useEffect(() => followLists(client), [client]);
  return (
    <>
      <a
        href="#page"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-ink px-4 py-2 text-paper focus:translate-y-0"
      >
        Skip to the page
      </a>
      <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
        <Sidebar />
        <div className="min-w-0 pb-20 lg:pb-0">
          <OfflineBanner />
          <HaltedBanner />
          <main id="page" tabIndex={-1} className="mx-auto max-w-[90rem] px-4 py-5 outline-none md:px-8 md:py-7">
            <Outlet />
          </main>
        </div>
      </div>
      <BottomBar />
      <Shortcuts />
    </>
  );
}

function Sidebar() {
  const { data: machine } = useQuery(machineQuery);
  return (
    <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-well p-3 lg:flex">
      <Link to="/" className="mb-5 flex items-center gap-2.5 rounded-md p-1.5 text-lg font-semibold tracking-tight">
        <Mark /> Chaos Agents
      </Link>
      <nav aria-label="Pages" className="space-y-0.5">
        {places.map(({ to, name, icon: Icon, key }) => (
          <Link
            key={to}
            to={to}
            activeOptions={{ exact: to === "/" }}
            className="group flex min-h-9 items-center gap-2.5 rounded-md px-2.5 text-soft hover:text-ink data-[status=active]:bg-card data-[status=active]:font-medium data-[status=active]:text-ink data-[status=active]:shadow-xs"
          >
            <Icon aria-hidden className="size-4.5" strokeWidth={1.8} />
            <span className="grow">{name}</span>
            <kbd aria-hidden className="hidden text-xs group-hover:inline">
              g {key}
            </kbd>
          </Link>
        ))}
      </nav>
      <div className="mt-auto space-y-1.5 px-2.5 pb-1">
        <ConnectionSign />
        {machine && (
          <p className="truncate text-xs text-soft" title={machine.home}>
            {machine.hostname} · {machine.version}
          </p>
        )}
      </div>
    </aside>
  );
}

function BottomBar() {
  return (
    <nav
      aria-label="Pages"
      className="fixed inset-x-0 bottom-0 z-30 grid grid-cols-6 border-t border-line bg-well pb-[env(safe-area-inset-bottom)] lg:hidden"
    >
      {places.map(({ to, name, icon: Icon }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: to === "/" }}
          className="flex min-h-14 flex-col items-center justify-center gap-0.5 text-[0.6875rem] text-soft data-[status=active]:font-medium data-[status=active]:text-ink"
        >
          <Icon aria-hidden className="size-5" strokeWidth={1.8} />
          {name}
        </Link>
      ))}
    </nav>
  );
}
