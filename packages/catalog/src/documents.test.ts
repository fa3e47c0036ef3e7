import { describe, expect, test } from "vitest";
import { documents } from "./documents.fixture.ts";
import { read } from "./read.fixture.ts";

describe("the user's documents", () => {
  test.each([
    ["[CA-02] [CA-08] database", "database", "experiments"],
    ["[CA-02] [CA-09] kubernetes", "kubernetes", "experiments"],
    ["[CA-02] [CA-10] server", "server", "experiments"],
    ["[CA-04] [CA-06] daemon", "daemon", "daemon"],
    ["[CA-04] [CA-11] llm", "llm", "llm"],
  ])("%s files validate unchanged, their variables not set", (_, name, kind) => {
    expect(read(documents[name]!, "validate")).toMatchObject({ errors: "", kind });
  });

  test("[CA-07] the database experiment can run as it is", () => {
    const { errors, experiments } = read(documents["database"]!, "run");
    expect(errors).toBe("");
    expect(experiments[0]!.experiment.skills.map(({ skill, params }) => [skill, params])).toEqual([
      ["db.insert_load", expect.objectContaining({ rows_per_table: 10_000, tables: ["users", "orders"] })],
      ["db.config_change", expect.objectContaining({ changes: [expect.objectContaining({ param: "work_mem" })] })],
    ]);
  });

  test("[CA-09] the Kubernetes experiment can run as it is", () => {
    expect(read(documents["kubernetes"]!, "run").errors).toBe("");
  });
});

describe("kubernetes scope", () => {
  const file = (config: string, skill: string, params: string) => `experiments:
  - name: scope
    target: k8s
    target_config: ${config}
    skills: [{ skill_name: ${skill}, params: ${params} }]
`;
  test.each([
    ["{ namespace: a, label_selector: x=y }", "k8s.pod_kill", "{}", ""],
    ["{}", "k8s.pod_kill", "{ namespace: a, label_selector: x=y }", ""],
    ["{ namespace: a }", "k8s.pod_kill", "{ pod_selector: { x: y } }", ""],
    ["{ namespace: a }", "k8s.pod_kill", '{ label_selector: "*" }', ""],
    ["{ label_selector: x=y }", "k8s.pod_kill", "{}", "no namespace is given"],
    ["{ namespace: a }", "k8s.pod_kill", "{}", "no pods are selected"],
    ["{ namespace: a }", "k8s.network_chaos", "{ pod_selector: {} }", "no label would mean every pod"],
    ["{ namespace: a }", "k8s.network_chaos", "{ label_selector: x=y, pod_selector: { x: y } }", "not both"],
    ["{ namespace: a, label_selector: ' ' }", "k8s.node_drain", "{}", "an empty label selector would mean every pod"],
    ["{}", "k8s.resource_stress", "{}", "no namespace is given"],
    ["{}", "k8s.node_drain", "{}", ""],
  ])("[CA-09] %s with %s %s: %s", (config, skill, params, message) => {
    const { errors } = read(file(config, skill, params), "validate");
    if (message === "") expect(errors).toBe("");
    else expect(errors).toContain(message);
  });
});

test("[CA-10] servers are reached by key or by password; a mode without quotes is refused", () => {
  const file = (auth: string, mode: string) => `experiments:
  - name: servers
    target: server
    target_config: { hosts: [{ host: a, username: u, auth: ${auth} }] }
    skills: [{ skill_name: server.permission_change, params: { paths: [/etc/hosts], mode: ${mode} } }]
`;
  expect(read(file("{ type: password, password: '${PW:-x}' }", '"0640"'), "validate").errors).toBe("");
  expect(read(file("{ type: key, private_key_path: ~/.ssh/id }", "0640"), "validate").errors).toContain("in quotes");
});
