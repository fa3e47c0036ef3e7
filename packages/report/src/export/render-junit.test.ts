import { XmlDocument, XsdValidator } from "libxml2-wasm";
import { expect, test } from "vitest";
import { foldRun } from "../fold/run-fold.ts";
import { demoRun, type DemoRun } from "../test/demo-run.fixture.ts";
import { hostile, hostileLong, tainted } from "../test/hostile.fixture.ts";
import { renderJunit } from "./render-junit.ts";

// The format as test runners' servers agree on it: what we write has to be within, in this order.
const schema = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="testsuites"><xs:complexType><xs:sequence>
    <xs:element name="testsuite" maxOccurs="unbounded"><xs:complexType>
      <xs:sequence>
        <xs:element name="properties"><xs:complexType><xs:sequence>
          <xs:element name="property" minOccurs="0" maxOccurs="unbounded"><xs:complexType>
            <xs:attribute name="name" type="xs:string" use="required"/>
            <xs:attribute name="value" type="xs:string" use="required"/>
          </xs:complexType></xs:element>
        </xs:sequence></xs:complexType></xs:element>
        <xs:element name="testcase" maxOccurs="unbounded"><xs:complexType>
          <xs:sequence>
            <xs:choice minOccurs="0">
              <xs:element name="skipped"><xs:complexType><xs:attribute name="message" type="xs:string"/></xs:complexType></xs:element>
              <xs:element name="failure" type="problem"/>
              <xs:element name="error" type="problem"/>
            </xs:choice>
            <xs:element name="system-out" type="xs:string" minOccurs="0"/>
          </xs:sequence>
          <xs:attribute name="classname" type="xs:token" use="required"/>
          <xs:attribute name="name" type="xs:string" use="required"/>
          <xs:attribute name="time" type="xs:decimal" use="required"/>
        </xs:complexType></xs:element>
      </xs:sequence>
      <xs:attribute name="name" type="xs:string" use="required"/>
      <xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="skipped" type="xs:nonNegativeInteger" use="required"/>
      <xs:attribute name="time" type="xs:decimal" use="required"/>
      <xs:attribute name="timestamp" type="xs:dateTime" use="required"/>
      <xs:attribute name="hostname" type="xs:token" use="required"/>
    </xs:complexType></xs:element>
  </xs:sequence></xs:complexType></xs:element>
  <xs:complexType name="problem"><xs:simpleContent><xs:extension base="xs:string">
    <xs:attribute name="message" type="xs:string"/><xs:attribute name="type" type="xs:string"/>
  </xs:extension></xs:simpleContent></xs:complexType>
</xs:schema>`;

const validator = XsdValidator.fromDoc(XmlDocument.fromString(schema));
const all = (document: XmlDocument, path: string) => document.find(path).map((node) => node.content);
const count = (document: XmlDocument, path: string) => String(document.find(path).length);

const variants: DemoRun[] = [
  {},
  { guardAt: 21_000 },
  { interruptAt: 14_100 },
  { stuck: true },
  { unlanded: true },
  { deviated: true },
  { killedAt: 17_000 },
  { refused: true },
  { faults: false },
];

test.each(variants)("%j is a valid suite whose counts are its cases", (options) => {
  const events = demoRun(options);
  for (const report of [events, tainted(events, hostile)].map(foldRun)) {
    const document = XmlDocument.fromString(renderJunit(report));
    validator.validate(document);
    expect(all(document, "//testsuite/@tests")).toEqual([count(document, "//testcase")]);
    expect(all(document, "//testsuite/@failures")).toEqual([count(document, "//failure")]);
    expect(all(document, "//testsuite/@errors")).toEqual([count(document, "//error")]);
    expect(all(document, "//testsuite/@skipped")).toEqual([count(document, "//skipped")]);
    const cases = 1 + report.faults.length + report.undos.length + report.checks.length;
    expect(count(document, "//testcase")).toBe(String(cases));
  }
});

test("ten thousand characters in every field are still a valid suite", () => {
  const report = foldRun(tainted(demoRun({ stuck: true, deviated: true }), hostileLong));
  validator.validate(XmlDocument.fromString(renderJunit(report)));
});

test("a report that is not good is never a green suite", () => {
  for (const options of variants) {
    const report = foldRun(demoRun(options));
    const document = XmlDocument.fromString(renderJunit(report));
    const red = document.find("//failure").length + document.find("//error").length;
    expect(red > 0, JSON.stringify(options)).toBe(report.exitCode !== 0);
  }
  expect(XmlDocument.fromString(renderJunit(foldRun([]))).find("//error")).toHaveLength(1);
});

test("what failed is named, with its reason", () => {
  const document = XmlDocument.fromString(renderJunit(foldRun(demoRun({ stuck: true, unlanded: true }))));
  expect(all(document, "//testcase[failure]/@name")).toEqual([
    "the run ends well",
    "db.config_change lands (4)",
    "db.config_change work_mem is put back (4)",
  ]);
  expect(all(document, "//testcase[@classname='chaos.undo']/failure")[0]).toContain("permission denied");
  expect(all(document, "//failure/@message")).toEqual([
    "Rollback incomplete: 1 of 4 changes is still there and must be put back.",
    "it did not land: db.config_change on work_mem did not land: pg_settings still says work_mem = 4MB",
    'NOT undone: permission denied to set parameter "work_mem"',
  ]);
  expect(all(document, "//failure")[0]).toBe(
    'work_mem, reset work_mem: permission denied to set parameter "work_mem"\nTo put back what is left: chaos recover 20261122-093004-k7qd',
  );
});
