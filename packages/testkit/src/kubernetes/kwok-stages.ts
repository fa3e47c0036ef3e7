interface Impossible {
  name: string;
  /** Which containers, as jq selects them. */
  which: string;
  state: string;
}

/** What no kubelet could start, or would ever call ready: as KWOK would play it, every pod is. */
const impossible: readonly Impossible[] = [
  { name: "no-image", which: `.image | contains(".invalid/")`, state: "waiting: { reason: ErrImagePull }" },
  {
    name: "no-command",
    which: `.command[0] // "" | startswith("/no-such")`,
    state: "waiting: { reason: RunContainerError }",
  },
  {
    name: "not-ready",
    which: ".readinessProbe.tcpSocket.port == 1",
    state: "running: { startedAt: {{ Now | Quote }} }",
  },
];

const containers = (which: string) => `.spec.containers[] | select(${which}) | .name`;
const expression = (key: string, operator: string) => `    - key: '${key}'\n      operator: '${operator}'\n`;

/**
 * KWOK's own stages, but nearer to real nodes: pods that could not start do not, and say why; pods of a Job end by
 * themselves, and those that it owns without controlling them go on.
 */
export function kwokStages(own: string): string {
  const readyOnly =
    "name: pod-ready\nspec:\n  resourceRef:\n    apiGroup: v1\n    kind: Pod\n  selector:\n    matchExpressions:\n";
  const owner = ".metadata.ownerReferences.[].kind";
  const controller = ".metadata.ownerReferences.[] | select( .controller == true ) | .kind";
  if (!own.includes(readyOnly) || !own.includes(owner)) throw new Error("KWOK's stages are not as they were");
  const none = impossible.map(({ which }) => expression(containers(which), "DoesNotExist")).join("");
  const changed = own.replace(readyOnly, `${readyOnly}${none}`).replace(owner, controller);
  return [changed, ...impossible.map((one) => stage(one))].join("\n---\n");
}

const stage = ({ name, which, state }: Impossible) => `apiVersion: kwok.x-k8s.io/v1alpha1
kind: Stage
metadata:
  name: pod-${name}
spec:
  resourceRef:
    apiGroup: v1
    kind: Pod
  selector:
    matchExpressions:
${expression(".metadata.deletionTimestamp", "DoesNotExist")}${expression(".status.containerStatuses", "DoesNotExist")}${expression(containers(which), "Exists")}  next:
    statusTemplate: |
      phase: Pending
      containerStatuses:
      {{ range .spec.containers }}
      - image: {{ .image | Quote }}
        imageID: ""
        name: {{ .name | Quote }}
        ready: false
        restartCount: 0
        state: { ${state} }
      {{ end }}
`;
