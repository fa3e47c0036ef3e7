import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import type { ReactNode } from "react";
import { api } from "../api/client.ts";
import { machineQuery, sessionQuery } from "../api/queries.ts";
import { Button } from "../design/button.tsx";
import { PageHead, Panel } from "../design/panel.tsx";
import { Segmented } from "../design/segmented.tsx";
import { Skeleton } from "../design/states.tsx";
import { chooseTheme, useTheme } from "../design/theme.ts";
import { AuditPanel } from "./audit-panel.tsx";
import { SafetyPanel } from "./safety-panel.tsx";

export function SettingsPage() {
  return (
    <>
      <PageHead title="Settings" kicker="This machine, this session" />
      <div className="space-y-7">
        <SafetyPanel />
        <div className="grid gap-7 xl:grid-cols-2">
          <SessionPanel />
          <MachinePanel />
        </div>
        <AuditPanel />
      </div>
    </>
  );
}

const Facts = ({ facts }: { facts: readonly [string, ReactNode][] }) => (
  <dl className="divide-y divide-line">
    {facts.map(([term, value]) => (
      <div key={term} className="grid grid-cols-[8rem_minmax(0,1fr)] items-center gap-3 px-4 py-2.5">
        <dt className="text-sm text-soft">{term}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

function SessionPanel() {
  const { data: session } = useQuery(sessionQuery);
  const client = useQueryClient();
  const theme = useTheme();
  const logout = useMutation({
    mutationFn: () => api.DELETE("/session"),
    onSuccess: () => client.resetQueries(),
  });
  return (
    <Panel title="You">
      <Facts
        facts={[
          [
            "Token",
            <span key="token" className="flex flex-wrap items-center justify-between gap-2">
              <code>{session?.name ?? "–"}</code>
              <Button disabled={logout.isPending} onClick={() => logout.mutate()}>
                <LogOut aria-hidden className="size-4" /> Log out
              </Button>
            </span>,
          ],
          [
            "Theme",
            <Segmented
              key="theme"
              label="Theme"
              value={theme}
              onChange={chooseTheme}
              options={[
                { value: "system", label: "System" },
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
            />,
          ],
        ]}
      />
    </Panel>
  );
}

function MachinePanel() {
  const { data: machine } = useQuery(machineQuery);
  if (!machine)
    return (
      <Panel title="Machine">
        <Skeleton lines={5} />
      </Panel>
    );
  return (
    <Panel title="Machine">
      <Facts
        facts={[
          ["Name", machine.hostname],
          ["Version", machine.version],
          ["Runs are kept in", <code key="home">{machine.home}</code>],
          [
            "Files lie in",
            machine.folders.map((folder) => (
              <code key={folder} className="block">
                {folder}
              </code>
            )),
          ],
          ["Runs at once", machine.atOnce],
          [
            "Who is told",
            machine.notices.length > 0 ? machine.notices.join(", ") : <span className="text-soft">nobody</span>,
          ],
        ]}
      />
    </Panel>
  );
}
