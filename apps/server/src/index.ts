export { Tokens } from "./access/tokens.ts";
export { openApiDocument } from "./openapi-document.ts";
export { type Server, type ServerOptions, roomFolder, startServer } from "./start-server.ts";
