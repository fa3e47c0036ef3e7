import { expect, test } from "vitest";
import { answering, hasPlugin, serverBlocks, withPlugins } from "./corefile.ts";

const usual = `(logging) {
    log
    errors
}
# .:54 { none }
.:53 {
    import logging
    health {
        lameduck 5s
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        pods insecure
        ttl 30
    }
    template IN A example {
        answer "{{ .Name }} 60 IN A 10.0.0.1" # } no end
    }
    forward . /etc/resolv.conf
    cache 30
    reload
}
corp.example:53 other.example:53 {
    forward . 10.0.0.53
}
`;

test("server blocks are found; snippets and comments are none", () => {
  const blocks = serverBlocks(usual);
  expect(blocks.map(({ text }) => text.trim().split("\n")[0])).toEqual(["import logging", "forward . 10.0.0.53"]);
  expect(blocks.map((block) => hasPlugin(block, "reload"))).toEqual([true, false]);
  expect(serverBlocks("log\nerrors\n")).toEqual([]);
  expect(serverBlocks("")).toEqual([]);
});

test("plugins come to the top of every block, and nothing else changes", () => {
  const changed = withPlugins(usual, answering(["db.example.com"], "servfail"));
  const added = "\n    template ANY ANY db.example.com {\n        rcode SERVFAIL\n    }";
  expect(changed.split(added)).toHaveLength(3);
  expect(changed.replaceAll(added, "")).toBe(usual);
  expect(changed).toContain(`.:53 {${added}\n    import logging`);
  expect(changed).toContain(`other.example:53 {${added}\n    forward`);
  expect(withPlugins("a:53 {\n}\n", ["errors"])).toBe("a:53 {\n    errors\n}\n");
});

test("names are answered with a code, with an address and nothing of the other family, or not at all", () => {
  const soa = '    authority "{{ .Zone }} 5 IN SOA chaos-agents.invalid. chaos-agents.invalid. 1 5 5 5 5"';
  const names = ["a.example", "b.example"];
  expect(answering(names, "servfail")).toEqual(["template ANY ANY a.example b.example {", "    rcode SERVFAIL", "}"]);
  expect(answering(["*"], "nxdomain")).toEqual(["template ANY ANY . {", "    rcode NXDOMAIN", soa, "}"]);
  expect(answering(["*"], "none")).toEqual(["acl . {", "    drop net 0.0.0.0/0 ::/0", "}"]);
  expect(answering(names, "refused")[1]).toBe("    block net 0.0.0.0/0 ::/0");
  expect(answering(["a.example"], { address: "192.0.2.1" })).toEqual([
    "template IN A a.example {",
    '    answer "{{ .Name }} 5 IN A 192.0.2.1"',
    "}",
    "template ANY ANY a.example {",
    "    rcode NOERROR",
    soa,
    "}",
  ]);
  expect(answering(["a.example"], { address: "2001:db8::1" })[0]).toBe("template IN AAAA a.example {");
});
