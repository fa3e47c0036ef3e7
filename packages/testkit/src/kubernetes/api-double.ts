import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { isDeepStrictEqual } from "node:util";
import { type ReachableCluster, reachKubernetes } from "./given-cluster.ts";
import { kubeconfigFile } from "./kubernetes-cluster.ts";

interface Where {
  group: string;
  plural: string;
  namespace: string;
  name: string;
}

class Refusal extends Error {
  readonly code: number;
  readonly reason: string;
  constructor(code: number, reason: string, message: string) {
    super(message);
    this.code = code;
    this.reason = reason;
  }
}
const notFound = ({ plural, name }: Where) => new Refusal(404, "NotFound", `${plural} "${name}" not found`);
const conflict = ({ plural, name }: Where, what: string) =>
  new Refusal(409, "Conflict", `Operation cannot be fulfilled on ${plural} "${name}": it has another ${what}`);
const invalid = (why: string) =>
  new Refusal(422, "Invalid", `the server rejected our request due to an error in our request: ${why}`);

/**
 * Objects in memory behind the API's paths, answers and patches. It knows no schema and no defaults, lets everybody do
 * everything, and of all controllers has two, which are done at once: a Deployment has the pods that it asks for, ready, and
 * what is owned goes with its owner.
 */
class Store {
  readonly #objects = new Map<string, any>();
  #version = 0;

  #key = ({ group, plural, namespace, name }: Where) => [group, plural, namespace, name].join(" ");

  find(where: Where): any {
    const found = this.#objects.get(this.#key(where));
    if (found === undefined) throw notFound(where);
    return found;
  }

  /** In the order of their names. */
  list({ group, plural, namespace }: Where, query: URLSearchParams): unknown {
    const labels = terms(query.get("labelSelector"));
    const fields = terms(query.get("fieldSelector"));
    const field = (object: any) => (path: string) => path.split(".").reduce((at, key) => at?.[key], object);
    const all = [...this.#objects]
      .filter(([key]) => key.startsWith(`${group} ${plural} ${namespace === "" ? "" : `${namespace} `}`))
      .toSorted(([a], [b]) => a.localeCompare(b))
      .map(([, object]) => object)
      .filter((object) => labels.every((isSo) => isSo((label) => object.metadata.labels?.[label])))
      .filter((object) => fields.every((isSo) => isSo(field(object))));
    const from = Number(query.get("continue") ?? 0);
    const until = from + Number(query.get("limit") ?? all.length);
    const metadata = { resourceVersion: String(this.#version), ...(until < all.length && { continue: String(until) }) };
    return { kind: "List", apiVersion: "v1", metadata, items: all.slice(from, until) };
  }

  create(where: Where, object: any, dryRun = false): unknown {
    const { namespace } = where;
    if (namespace !== "") this.find({ group: "/api/v1", plural: "namespaces", namespace: "", name: namespace });
    const at = { ...where, name: object.metadata.name as string };
    if (this.#objects.has(this.#key(at))) {
      throw new Refusal(409, "AlreadyExists", `${at.plural} "${at.name}" already exists`);
    }
    const made = { uid: randomUUID(), generation: 1, creationTimestamp: new Date().toISOString() };
    const metadata = { ...object.metadata, ...(namespace && { namespace }), ...made };
    return this.#write(at, { ...object, metadata }, dryRun);
  }

  /** Nothing is written where nothing is changed. */
  change(where: Where, decide: (object: any) => any, dryRun: boolean): unknown {
    const before = this.find(where);
    const after = decide(structuredClone(before));
    for (const kept of ["uid", "resourceVersion"])
      if (after.metadata[kept] !== before.metadata[kept]) throw conflict(where, kept);
    for (const kept of ["labels", "annotations"])
      if (Object.keys(after.metadata[kept] ?? {}).length === 0) delete after.metadata[kept];
    if (isDeepStrictEqual(before, after)) return before;
    if (!isDeepStrictEqual(before.spec, after.spec)) after.metadata.generation++;
    return this.#write(where, after, dryRun);
  }

  delete(where: Where, preconditions: Record<string, string> = {}): unknown {
    const { metadata } = this.find(where);
    for (const [kept, wanted] of Object.entries(preconditions))
      if (metadata[kept] !== wanted) throw conflict(where, kept);
    this.#objects.delete(this.#key(where));
    this.#control();
    return { kind: "Status", apiVersion: "v1", status: "Success" };
  }

  #write(where: Where, object: any, dryRun: boolean): unknown {
    if (dryRun) return object;
    object.metadata.resourceVersion = String(++this.#version);
    this.#objects.set(this.#key(where), object);
    this.#control();
    return object;
  }

  #control(): void {
    const all = [...this.#objects];
    const there = new Set(
      all.flatMap(([, { kind, metadata }]) => [metadata.uid, kind === "Namespace" && metadata.name]),
    );
    const isOrphan = ({ namespace, ownerReferences = [] }: any) =>
      (namespace !== undefined && !there.has(namespace)) || ownerReferences.some(({ uid }: any) => !there.has(uid));
    const orphan = all.find(([, { metadata }]) => isOrphan(metadata));
    if (orphan) {
      this.#objects.delete(orphan[0]);
      return this.#control();
    }
    for (const [, deployment] of all.filter(([, { kind }]) => kind === "Deployment")) {
      const { metadata, spec } = deployment;
      const { namespace, generation: observedGeneration, uid, name } = metadata;
      const owned = all.filter(([, { metadata: pod }]) => pod.ownerReferences?.[0]?.uid === uid);
      const pods = { group: "/api/v1", plural: "pods", namespace, name: "" };
      const replicas: number = spec.replicas;
      const ready = { readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas };
      deployment.status = { observedGeneration, replicas, ...ready };
      if (owned.length < replicas) return void this.create(pods, podOf({ name, uid, template: spec.template }));
      if (owned.length > replicas) return void this.delete({ ...pods, name: owned[0]![1].metadata.name });
    }
  }
}

function podOf({ name, uid, template }: { name: string; uid: string; template: any }) {
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name, uid, controller: true };
  const ready = { type: "Ready", status: "True", lastTransitionTime: new Date().toISOString() };
  const own = { name: `${name}-${randomBytes(4).toString("hex")}`, ownerReferences: [owner] };
  return {
    kind: "Pod",
    metadata: { ...template.metadata, ...own },
    spec: template.spec,
    status: { phase: "Running", conditions: [ready] },
  };
}

type Look = (key: string) => unknown;
/** `app=web,tier!=cache,zone in (a,b),!spare`, for labels and for fields. */
function terms(selector: string | null): ((look: Look) => boolean)[] {
  const parts = (selector ?? "").split(/,(?![^(]*\))/).filter(Boolean);
  return parts.map((part) => {
    const [, key = "", not, list = ""] = /^(\S+)\s+(not)?in\s+\((.*)\)$/.exec(part) ?? [];
    if (key) return (look) => list.split(",").includes(String(look(key))) !== (not === "not");
    const [, name = "", differs, value] = /^([^=!]+)(!)?==?(.*)$/.exec(part) ?? [];
    if (name) return (look) => (look(name) === value) !== (differs === "!");
    return part.startsWith("!") ? (look) => look(part.slice(1)) === undefined : (look) => look(part) !== undefined;
  });
}

function jsonPatch(object: any, steps: readonly { op: string; path: string; value?: unknown }[]): any {
  for (const { op, path, value } of steps) {
    const [, ...keys] = path.split("/").map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
    const last = keys.pop()!;
    const parent = keys.reduce((at, key) => at?.[key], object);
    const isThere = parent?.[last] !== undefined;
    if (parent === undefined || (op !== "add" && !isThere)) throw invalid(`${path} does not exist`);
    if (op === "test" && !isDeepStrictEqual(parent[last], value)) throw invalid(`testing ${path} failed`);
    if (op === "test") continue;
    if (Array.isArray(parent)) {
      const at = last === "-" ? parent.length : Number(last);
      parent.splice(at, op === "add" ? 0 : 1, ...(op === "remove" ? [] : [value]));
    } else if (op === "remove") delete parent[last];
    else parent[last] = value;
  }
  return object;
}

function mergePatch(object: any, patch: any): any {
  if (patch === null || typeof patch !== "object" || Array.isArray(patch)) return patch;
  const merged = object !== null && typeof object === "object" && !Array.isArray(object) ? object : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

const pathParts =
  /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+)(?=\/))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/;

function answer(store: Store, method: string, url: URL, body: any, type: string): unknown {
  if (url.pathname === "/version") return { gitVersion: "v0.0.0-double" };
  const parts = pathParts.exec(decodeURIComponent(url.pathname));
  if (!parts) throw new Refusal(404, "NotFound", "the server could not find the requested resource");
  const [, group = "", namespace = "", plural = "", name = "", subresource = ""] = parts;
  const where = { group, plural, namespace, name };
  const dryRun = url.searchParams.get("dryRun") === "All";
  if (plural === "selfsubjectaccessreviews") return { ...body, status: { allowed: true } };
  if (subresource === "token") return { ...body, status: { token: "anybody" } };
  if (subresource !== "") throw notFound(where);
  if (method === "GET") return name === "" ? store.list(where, url.searchParams) : store.find(where);
  if (method === "POST") return store.create(where, body, dryRun);
  if (method === "DELETE") return store.delete(where, body?.preconditions);
  if (type === "application/json-patch+json") return store.change(where, (object) => jsonPatch(object, body), dryRun);
  if (type === "application/merge-patch+json") return store.change(where, (object) => mergePatch(object, body), dryRun);
  throw new Refusal(415, "UnsupportedMediaType", `${method} with ${type}`);
}

/** Answers like an API server, and is none. */
export async function startApiDouble(): Promise<ReachableCluster> {
  const store = new Store();
  const listener = createServer((asked, response) => {
    const say = (status: number, said: unknown) => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(said));
    };
    text(asked)
      .then((said) => {
        const url = new URL(asked.url!, "http://double");
        const body: unknown = said === "" ? undefined : JSON.parse(said);
        const answered = answer(store, asked.method!, url, body, asked.headers["content-type"] ?? "");
        say(asked.method === "POST" ? 201 : 200, answered);
      })
      .catch((error: unknown) => {
        const { code, reason } = error instanceof Refusal ? error : { code: 500, reason: "InternalError" };
        const message = error instanceof Error ? error.message : String(error);
        say(code, { kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code });
      });
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const server = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), "chaos-api-double-"));
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFile({ server, token: "anybody" }));
  return {
    ...(await reachKubernetes(kubeconfig)),
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections();
      listener.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
