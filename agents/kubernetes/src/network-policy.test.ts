import { expect, test } from "vitest";
import { type Cut, policyFor, waysToDiffer } from "./network-policy.ts";

const cut = (more: Partial<Cut>): Cut => ({
  pods: [{ key: "app", operator: "In", values: ["web"] }],
  namespace: "shop",
  direction: "both",
  peers: [],
  ports: [],
  addresses: [],
  allowNetworks: [],
  allowPorts: [],
  ...more,
});
const ingress = (more: Partial<Cut>) => policyFor(cut({ direction: "ingress", ...more }))["ingress"];

test("everything is cut off where nothing is allowed, in the directions that are meant", () => {
  const podSelector = { matchExpressions: [{ key: "app", operator: "In", values: ["web"] }] };
  expect(policyFor(cut({}))).toEqual({ podSelector, policyTypes: ["Ingress", "Egress"] });
  expect(policyFor(cut({ direction: "egress" }))).toEqual({ podSelector, policyTypes: ["Egress"] });
  expect(policyFor(cut({ direction: "egress", allowPorts: [53] }))).toEqual({
    podSelector,
    policyTypes: ["Egress"],
    egress: [
      {
        ports: [
          { protocol: "TCP", port: 53 },
          { protocol: "UDP", port: 53 },
        ],
      },
    ],
  });
  expect(ingress({ allowNetworks: ["10.0.0.0/8"] })).toEqual([{ from: [{ ipBlock: { cidr: "10.0.0.0/8" } }] }]);
});

test("to cut off networks, all others are allowed, and every pod", () => {
  expect(ingress({ peers: [{ cidr: "10.1.0.0/16" }, { cidr: "2001:db8::/32" }] })).toEqual([
    {
      from: [
        { ipBlock: { cidr: "0.0.0.0/0", except: ["10.1.0.0/16"] } },
        { ipBlock: { cidr: "::/0", except: ["2001:db8::/32"] } },
        { namespaceSelector: {} },
      ],
    },
  ]);
  expect(ingress({ peers: [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }] })).toEqual([
    { from: [{ namespaceSelector: {} }] },
  ]);
});

test("to cut off pods, those of other namespaces and those with other labels are allowed, and no address of theirs", () => {
  const not = (key: string, value: string) => ({ matchExpressions: [{ key, operator: "NotIn", values: [value] }] });
  expect(ingress({ peers: [{ pods: { app: "cache" } }], addresses: ["10.0.0.7", "fd00::7"] })).toEqual([
    {
      from: [
        { ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.7/32"] } },
        { ipBlock: { cidr: "::/0", except: ["fd00::7/128"] } },
        { namespaceSelector: not("kubernetes.io/metadata.name", "shop") },
        { namespaceSelector: {}, podSelector: not("app", "cache") },
      ],
    },
  ]);
  const peers = [{ namespaces: { team: "db" } }, { pods: { app: "cache", tier: "back" } }];
  const [{ from }] = ingress({ peers }) as any;
  const team = { key: "team", operator: "NotIn", values: ["db"] };
  expect(from.slice(2)).toEqual([
    {
      namespaceSelector: {
        matchExpressions: [team, { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["shop"] }],
      },
    },
    { namespaceSelector: { matchExpressions: [team] }, podSelector: not("app", "cache") },
    { namespaceSelector: { matchExpressions: [team] }, podSelector: not("tier", "back") },
  ]);
  expect(waysToDiffer(peers)).toBe(3);
  expect(waysToDiffer([{ cidr: "10.0.0.0/8" }])).toBe(1);
});

test("to cut off ports, all others are allowed to everybody, of every protocol", () => {
  const [{ ports, from }] = ingress({ ports: [5432, 80, 80] }) as any;
  expect(from).toBeUndefined();
  expect(ports).toHaveLength(9);
  expect(ports.slice(0, 3)).toEqual([
    { protocol: "TCP", port: 1, endPort: 79 },
    { protocol: "TCP", port: 81, endPort: 5431 },
    { protocol: "TCP", port: 5433, endPort: 65_535 },
  ]);
  const edges = (ingress({ ports: [1, 3, 65_535] }) as any)[0].ports.slice(0, 2);
  expect(edges).toEqual([
    { protocol: "TCP", port: 2 },
    { protocol: "TCP", port: 4, endPort: 65_534 },
  ]);
});

test("peers and ports together: cut off is who is such a peer and wants such a port", () => {
  const rules = policyFor(cut({ direction: "egress", peers: [{ cidr: "10.0.0.0/8" }], ports: [443] }))[
    "egress"
  ] as any[];
  expect(rules).toHaveLength(2);
  expect(Object.keys(rules[0])).toEqual(["to"]);
  expect(Object.keys(rules[1])).toEqual(["ports"]);
});
