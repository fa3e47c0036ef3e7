import type { Cluster } from "./cluster.ts";
import type { ObjectRef } from "./kinds.ts";

/** How many pods read a ConfigMap or Secret from files that follow it, and how many only when they start. */
export async function configUse(
  cluster: Cluster,
  { kind, namespace, name }: ObjectRef,
  key: string,
  signal: AbortSignal,
): Promise<{ live: number; atStart: number }> {
  const inVolume = kind === "Secret" ? "secret" : "configMap";
  const isIt = (ref: any) => (ref?.name ?? ref?.secretName) === name;
  let [live, atStart] = [0, 0];
  for await (const { spec, metadata, status } of cluster.api.list("Pod", namespace, {}, signal)) {
    if (metadata.deletionTimestamp !== undefined || /^(?:Succeeded|Failed)$/.test(status?.phase ?? "")) continue;
    const volumes = new Set<string>(
      (spec.volumes ?? [])
        .filter((one: any) => isIt(one[inVolume]) || one.projected?.sources?.some((part: any) => isIt(part[inVolume])))
        .map((one: any) => one.name),
    );
    const containers: any[] = [...(spec.initContainers ?? []), ...spec.containers];
    const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts).filter((one) => volumes.has(one.name));
    const variables = containers.some(
      ({ env = [], envFrom = [] }) =>
        envFrom.some((one: any) => isIt(one[`${inVolume}Ref`])) ||
        env.some(({ valueFrom }: any) => {
          const ref = valueFrom?.[`${inVolume}KeyRef`];
          return isIt(ref) && ref.key === key;
        }),
    );
    // a file that is mounted by itself never changes
    if (mounts.some(({ subPath, subPathExpr }) => subPath === undefined && subPathExpr === undefined)) live++;
    else if (variables || mounts.length > 0) atStart++;
  }
  return { live, atStart };
}
