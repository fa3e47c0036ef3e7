import { describe } from "vitest";
import { machineFaults } from "../test/machine-faults.fixture.ts";
import { machineContract, sharedMachine } from "../test/machine.fixture.ts";
import { isSample, microvmMissing } from "../test/real-machine.fixture.ts";

const missing = microvmMissing();

// all at once, in far less time, they are tried with every run of the tests
describe.skipIf(missing !== undefined || isSample)(
  `each skill by itself${missing ? `: ${missing}` : ""}`,
  { timeout: 600_000 },
  () => {
    const machine = sharedMachine();
    for (const fault of machineFaults) machineContract(machine, fault, /^it lands, is felt outside/);
  },
);
