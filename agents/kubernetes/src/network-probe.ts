import type { Thing, Witness, SkillContext } from "@chaos-agents/core";
import type { Cluster } from "./cluster.ts";
import type { Making } from "./made-skill.ts";
import { nameOf } from "./made-skill.ts";
import { domain } from "./marks.ts";
import { podSpec } from "./pod-spec.ts";
import { readySince } from "./readiness.ts";

/** On both pods, which no other policy of ours is to touch. */
export const probeLabel = `${domain}/probe`;

const openPort = 8_081;
const closedPort = 8_080;
/** Enough to pull an image; less than the engine gives us. */
export const probePatience = 120_000;

/**
 * What tells whether the network plugin enforces policies at all: a pod that listens on two ports, a policy that closes one
 * of them, and a pod that tries both. The one that is open has to be reached, or the answer means nothing.
 */
export function probeThings(mark: string, namespace: string, image: string): Omit<Thing<Making>, "undoLabel">[] {
  const name = (part: string) => nameOf(mark, `probe-${part}`);
  const labels = { [probeLabel]: nameOf(mark) };
  const listens = [openPort, closedPort].map((port) => ({ name: `SERVE_PORT_${port}`, value: "here" }));
  const listener = {
    name: "listener",
    image,
    args: ["porter"],
    env: listens,
    readinessProbe: { tcpSocket: { port: openPort }, periodSeconds: 1 },
    resources,
  };
  const policy = {
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [{ protocol: "TCP", port: openPort }] }],
    egress: [{}],
  };
  const thing = (part: string, label: string, kind: Making["kind"], body: Record<string, unknown>) => ({
    key: `${namespace} probe ${part}`,
    label,
    cost: {},
    data: { kind, namespace, name: name(part), labels, body },
  });
  return [
    thing("listener", `start a pod in ${namespace} that listens, for the probe`, "Pod", {
      spec: podSpec([listener]),
    }),
    thing("policy", `close one of its ports, for the probe`, "NetworkPolicy", { spec: policy }),
    thing("caller", `start a pod in ${namespace} that tries both ports, for the probe`, "Pod", {
      spec: podSpec([trying("closed", image, closedPort)], {
        restartPolicy: "Never",
        initContainers: podSpec([trying("open", image, openPort)]).containers,
      }),
    }),
  ];
}

const resources = { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "100m", memory: "64Mi" } };

/** Known once the listener has one. */
const address = "ADDRESS";

const trying = (name: string, image: string, port: number) => ({
  name,
  image,
  args: ["connect", `${address}:${port}`, "--timeout=5s", "--protocol=tcp"],
  terminationMessagePolicy: "FallbackToLogsOnError",
  resources,
});

export const isProbe = ({ name }: Making): boolean => /-probe-[a-z]+$/.test(name);
const isCaller = ({ name }: Making): boolean => name.endsWith("-probe-caller");

/** Who is to call waits until the other listens. */
export async function completeProbe(cluster: Cluster, making: Making, { signal, clock }: SkillContext) {
  if (!isCaller(making)) return making.body;
  const listener = { ...making, name: making.name.replace(/caller$/, "listener") };
  for (;;) {
    const pod = await cluster.api.get(listener, signal);
    const ip = pod.status?.podIP as string | undefined;
    if (ip !== undefined && readySince(pod) !== undefined) {
      const host = ip.includes(":") ? `[${ip}]` : ip;
      return JSON.parse(JSON.stringify(making.body).replaceAll(`${address}:`, `${host}:`)) as Making["body"];
    }
    await clock.sleep(200, signal);
  }
}

export async function witnessProbe(
  cluster: Cluster,
  making: Making,
  { signal, clock }: SkillContext,
): Promise<Witness> {
  const until = clock.monotonic() + probePatience;
  for (;;) {
    const there = await cluster.api.find(making, signal);
    if (there === undefined) return { landed: false, detail: `there is no ${making.name}` };
    if (!isCaller(making)) return { landed: true, detail: "it is there" };
    const { initContainerStatuses, containerStatuses } = there.status ?? {};
    const [open, closed] = [ended(initContainerStatuses), ended(containerStatuses)];
    if (open && open.exitCode !== 0) {
      const detail = `the probe cannot tell: even the open port was not reached (${said(open)})`;
      return { landed: false, detail };
    }
    if (closed?.exitCode === 0) {
      const detail = "the network plugin of this cluster does not enforce policies: the probe reached a closed port";
      return { landed: false, detail };
    }
    if (open && closed) {
      const detail = `the network plugin enforces policies: the probe reached an open port and no closed one (${said(closed)})`;
      return { landed: true, detail };
    }
    if (clock.monotonic() > until) {
      const detail = `not seen: the probe pod gave no answer, it is ${there.status?.phase ?? "not started"}`;
      return { landed: false, detail };
    }
    await clock.sleep(200, signal);
  }
}

interface Ended {
  exitCode: number;
  message?: string;
}
const ended = (statuses: any[] | undefined): Ended | undefined => statuses?.[0]?.state?.terminated;
const said = ({ exitCode, message = "" }: Ended) => message.trim() || `exit code ${exitCode}`;
