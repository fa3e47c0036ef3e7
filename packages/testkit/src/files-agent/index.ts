export { filesAgent, filesCatalog } from "./files-agent.ts";
export { fileDifferences, filesOracle, photographFiles, type FilesPhotograph } from "./files-oracle.ts";
export { FilesStage } from "./files-stage.ts";
export { FilesSubject, fileNumber } from "./files-subject.ts";
export { makeTrouble, type Trouble } from "./trouble.ts";
export { holdersIn, killHolders } from "./holder.ts";
export { lock } from "./lock.ts";
export { overwrite } from "./overwrite.ts";
