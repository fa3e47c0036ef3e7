export { databaseAgent } from "./agent.ts";
