import type { Host } from "@chaos-agents/core";
import { afterAll, beforeAll, describe, test, type TestContext } from "vitest";
import { commandChecks } from "./command-checks.ts";
import { endingChecks } from "./ending-checks.ts";
import { fileChecks } from "./file-checks.ts";

/** A look at the host that does not go through what is tested. */
export interface HostOutside {
  /** A folder on the host that the user who logs in may write to. */
  readonly folder: string;
  /** Null where there is no such file. */
  read(path: string): Promise<Buffer | null>;
  /** As in chmod. */
  mode(path: string): Promise<number>;
  list(folder: string): Promise<string[]>;
  /** Of every process of the host. */
  commandLines(): Promise<string[]>;
}

export interface HostContract {
  /** Stands in the test names: `ssh, bash as the login shell`. */
  name: string;
  /** How often arguments are made up and tried; 150 times when left out. */
  tries?: number;
  open(signal: AbortSignal): Promise<Host>;
  outside(): HostOutside | Promise<HostOutside>;
  /** Pulls the plug, and puts it back; left out where there is no connection that could break. */
  sever?: { cut(): Promise<void>; mend(): Promise<void> };
}

export interface CheckedHost {
  readonly host: Host;
  readonly outside: HostOutside;
  readonly contract: HostContract;
  /** To give up on the test. */
  readonly skip: TestContext["skip"];
}

/** One promise of the contract, kept or not: rejects with the reason. */
export type HostCheck = readonly [promise: string, check: (checked: CheckedHost) => Promise<void>];

/** The suite that every way to reach a host passes, against a real one. */
export function hostContract(contract: HostContract): void {
  describe(`a host by ${contract.name}`, () => {
    let host: Host;
    let outside: HostOutside;
    beforeAll(async () => {
      host = await contract.open(AbortSignal.timeout(60_000));
      outside = await contract.outside();
    });
    afterAll(() => host?.[Symbol.asyncDispose]());
    for (const [promise, check] of [...commandChecks, ...fileChecks, ...endingChecks]) {
      test(promise, ({ skip }) => check({ host, outside, contract, skip }));
    }
  });
}
