export { FailingDisk, powerLossMissing } from "./failing-disk.ts";
export { powerLossMatrix, type PowerLossMatrix } from "./power-loss-matrix.ts";
