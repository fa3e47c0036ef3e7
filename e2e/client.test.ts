import { expect, test } from "vitest";
import { clientDigests } from "../scripts/generate-client.ts";

test("the web app's client is made from the API as it is: else run npm run client", async () => {
  const { committed, now } = await clientDigests();
  expect(committed).toBe(now);
});
