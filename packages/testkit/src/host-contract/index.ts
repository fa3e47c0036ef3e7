export { expectArgumentsKept } from "./command-checks.ts";
export { type HostContract, hostContract, type HostOutside } from "./host-contract.ts";
