export { Tokens } from "./access/tokens.ts";
export { type Server, type ServerOptions, roomFolder, startServer } from "./start-server.ts";
