export { filesAgent, filesCatalog } from "./files-agent.ts";
export { fileDifferences, filesOracle, photographFiles, type FilesPhotograph } from "./files-oracle.ts";
export { FilesSubject, fileNumber } from "./files-subject.ts";
export { makeTrouble, type Trouble } from "./trouble.ts";
