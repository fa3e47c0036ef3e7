import type { Driver } from "./dialect.ts";
import type { Engine } from "./endpoint.ts";

const loaders: Record<Engine, () => Promise<{ driver: Driver }>> = {
  postgres: () => import("./postgres/index.ts"),
  mysql: () => import("./mysql/index.ts"),
};

/** Loads an engine's driver, which is why importing the agent is cheap. */
export async function loadDriver(engine: Engine): Promise<Driver> {
  return (await loaders[engine]()).driver;
}
