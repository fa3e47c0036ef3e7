import * as fc from "fast-check";

/** Other cases each time, so a few are enough; PROPERTY_RUNS=1000 looks longer. */
fc.configureGlobal({ numRuns: Number(process.env["PROPERTY_RUNS"] ?? 40) });
