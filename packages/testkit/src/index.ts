/** What needs no test runner: real servers, the oracle, the wire proxy, fixtures. The rest is in `./vitest`. */
export {
  type AuditEvent,
  type KubernetesCluster,
  type KubernetesOptions,
  kubeconfigFile,
  startKubernetes,
} from "./kubernetes/kubernetes-cluster.ts";
export { startApiDouble } from "./kubernetes/api-double.ts";
export { type ReachableCluster, reachKubernetes } from "./kubernetes/given-cluster.ts";
export { kubeMissing, kubeProgram } from "./kubernetes/kube-program.ts";
export { type PlainFront, startPlainFront } from "./kubernetes/plain-front.ts";
export { makeRichSchema, richSchema } from "./fixtures/rich-schema.ts";
export { type ClusterPhotograph, clusterDifferences, photographCluster } from "./oracle/cluster-photograph.ts";
export { type DifferenceOptions, differences, residues } from "./oracle/differences.ts";
export type { Photograph, PhotographOptions, Section } from "./oracle/facts.ts";
export { type HostPhotograph, hostDifferences, photographHost } from "./oracle/host-photograph.ts";
export { photograph } from "./oracle/photograph.ts";
export { type Certificates, clientName } from "./servers/certificates.ts";
export { administer, type DatabaseAdmin, type Engine, quoteName, type Row } from "./servers/database-admin.ts";
export type { DatabaseServer, ServerSettings } from "./servers/database-server.ts";
export { findProgram } from "./servers/find-program.ts";
export { freePort } from "./servers/free-port.ts";
export { mariadbMissing, type MariadbOptions, startMariadb } from "./servers/mariadb-server.ts";
export type { PostgresVersion } from "./servers/postgres-binaries.ts";
export { type PostgresOptions, startPostgres } from "./servers/postgres-server.ts";
export { allGone, killTree, processTree, stillRunning } from "./servers/process-tree.ts";
export {
  type NamespaceHost,
  namespaceHostMissing,
  enterNamespaces,
  startNamespaceHost,
} from "./servers/namespace-host.ts";
export {
  checkRules,
  prometheusMissing,
  type PrometheusOptions,
  type PrometheusServer,
  startPrometheus,
} from "./servers/prometheus-server.ts";
export { readStatements, type Statement } from "./servers/statement-log.ts";
export { sshdMissing, type SshdOptions, type SshServer, type SshUser, startSshd } from "./servers/sshd-server.ts";
export {
  startWireProxy,
  type WireAction,
  type WireMessage,
  type WirePause,
  type WireProxy,
  type WireProxyOptions,
  type WireVerdict,
} from "./wire/wire-proxy.ts";
