export { type HostContract, hostContract, type HostOutside } from "./host-contract.ts";
