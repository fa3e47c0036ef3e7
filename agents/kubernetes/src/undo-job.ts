import { type Rule, roleText } from "./access.ts";
import { isStatus } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { type Kind, type ObjectRef, resourceOf } from "./kinds.ts";
import { leaseName } from "./lease-job.ts";
import { runLabel } from "./marks.ts";
import { podSpec } from "./pod-spec.ts";

/** Where the pod finds the way back. */
const mount = "/undo";

/**
 * What the pod does: waits until our lease is gone, then puts back what is still ours; the API server compares. Namespace,
 * lease, object, keeper and the patch's path come as arguments.
 */
const script = `
  while name=$(kubectl --namespace "$1" get job "$2" --ignore-not-found --output name) || exit 1; [ -n "$name" ]; do
    sleep 2
  done
  kubectl --namespace "$1" patch "$3" --type json --patch-file "$5" &&
    kubectl --namespace "$1" delete "$4" --ignore-not-found --wait=false`;

const jobOf = ({ namespace, name }: ObjectRef): ObjectRef => ({ kind: "Job", namespace, name });
const nameFor = ({ kind, name }: ObjectRef) => `${resourceOf(kind).resource}/${name}`;

/** Starts a Job that does one undo when nothing is heard of us any more. `keeper` has the patch. */
export async function startUndoJob(
  cluster: Cluster,
  { ref, keeper, run }: { ref: ObjectRef; keeper: ObjectRef; run: string },
  signal: AbortSignal,
): Promise<void> {
  const { image, service_account } = cluster.config.undo_job!;
  const { namespace, name } = keeper;
  const args = [namespace, leaseName(run), nameFor(ref), nameFor(keeper), `${mount}/patch`];
  const container = {
    name: "undo",
    image,
    command: ["sh", "-c", script, "undo", ...args],
    resources: { requests: { cpu: "10m", memory: "64Mi" }, limits: { cpu: "500m", memory: "128Mi" } },
    volumeMounts: [{ name: "undo", mountPath: mount, readOnly: true }],
  };
  const volume = keeper.kind === "Secret" ? { secret: { secretName: name } } : { configMap: { name } };
  const spec = podSpec([container], {
    restartPolicy: "OnFailure",
    serviceAccountName: service_account,
    automountServiceAccountToken: true,
    volumes: [{ name: "undo", ...volume }],
  });
  const body = {
    metadata: { name, namespace, labels: { [runLabel]: run } },
    spec: { backoffLimit: 100, ttlSecondsAfterFinished: 60, template: { spec } },
  };
  await cluster.api.create("Job", body, signal).catch((error: unknown) => {
    if (!isStatus(error, 409)) throw error;
  });
}

/** We do it ourselves. */
export async function endUndoJob(cluster: Cluster, keeper: ObjectRef, run: string, signal: AbortSignal): Promise<void> {
  const job = await cluster.api.find(jobOf(keeper), signal);
  if (job?.metadata.labels?.[runLabel] === run) await cluster.api.delete(jobOf(keeper), job.metadata.uid, signal);
}

/** What the Job's service account has to be allowed, as YAML. */
export function undoJobRole(skill: string, kinds: readonly Kind[], keepers: readonly Kind[]): string {
  const rules: Rule[] = [
    { kind: "Job", verbs: ["get"] },
    ...kinds.map((kind) => ({ kind, verbs: ["get", "patch"] })),
    ...keepers.map((kind) => ({ kind, verbs: ["delete"] })),
  ];
  return `# only with undo_job: bind this one to its service account\n${roleText("Role", `${skill}-undo-job`, rules)}`;
}
