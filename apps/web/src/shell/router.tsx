import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { HistoryPage } from "../history/history-page.tsx";
import { HomePage } from "../home/home-page.tsx";
import { Empty, Failure, Skeleton } from "../design/states.tsx";
import { Shell } from "./shell.tsx";

const rootRoute = createRootRoute({
  component: Shell,
  notFoundComponent: () => <Empty icon={Compass} title="There is no such page" />,
});
const getParentRoute = () => rootRoute;
const words = (value: unknown) => (typeof value === "string" && value !== "" ? value : undefined);

const home = createRoute({ getParentRoute, path: "/", component: HomePage });

const history = createRoute({
  getParentRoute,
  path: "/runs",
  component: HistoryPage,
  validateSearch: (search: Record<string, unknown>): { q?: string; verdict?: string } => ({
    ...(words(search["q"]) ? { q: words(search["q"])! } : {}),
    ...(words(search["verdict"]) ? { verdict: words(search["verdict"])! } : {}),
  }),
});

const run = createRoute({
  getParentRoute,
  path: "/runs/$run",
  component: lazyRouteComponent(() => import("../run/run-page.tsx"), "RunPage"),
});

const compare = createRoute({
  getParentRoute,
  path: "/compare",
  component: lazyRouteComponent(() => import("../history/compare-page.tsx"), "ComparePage"),
  validateSearch: (search: Record<string, unknown>) => ({ a: words(search["a"]) ?? "", b: words(search["b"]) ?? "" }),
});

const experiments = createRoute({
  getParentRoute,
  path: "/experiments",
  component: lazyRouteComponent(() => import("../experiments/files-page.tsx"), "FilesPage"),
});

const editor = createRoute({
  getParentRoute,
  path: "/experiments/edit",
  component: lazyRouteComponent(() => import("../experiments/editor-page.tsx"), "EditorPage"),
  validateSearch: (search: Record<string, unknown>): { file?: string } =>
    words(search["file"]) ? { file: words(search["file"])! } : {},
});

const skills = createRoute({
  getParentRoute,
  path: "/skills",
  component: lazyRouteComponent(() => import("../skills/skills-page.tsx"), "SkillsPage"),
  validateSearch: (search: Record<string, unknown>): { q?: string } =>
    words(search["q"]) ? { q: words(search["q"])! } : {},
});

const skill = createRoute({
  getParentRoute,
  path: "/skills/$name",
  component: lazyRouteComponent(() => import("../skills/skill-page.tsx"), "SkillPage"),
});

const targets = createRoute({
  getParentRoute,
  path: "/targets",
  component: lazyRouteComponent(() => import("../targets/targets-page.tsx"), "TargetsPage"),
  validateSearch: (search: Record<string, unknown>): { file?: string } =>
    words(search["file"]) ? { file: words(search["file"])! } : {},
});

const settings = createRoute({
  getParentRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("../settings/settings-page.tsx"), "SettingsPage"),
});

export const router = createRouter({
  routeTree: rootRoute.addChildren([
    home,
    history,
    run,
    compare,
    experiments,
    editor,
    skills,
    skill,
    targets,
    settings,
  ]),
  defaultPreload: "intent",
  defaultPendingComponent: () => <Skeleton lines={8} />,
  defaultErrorComponent: ({ error, reset }) => <Failure error={error} again={reset} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
