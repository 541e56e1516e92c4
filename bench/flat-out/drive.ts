import { which } from "../../test/servers/binary.ts";
import { byAutocannon } from "./by-autocannon.ts";
import { byWrk } from "./by-wrk.ts";

export interface Drive {
  campaignId: string;
  connections: number;
  seconds: number;
}

/** wrk where it is installed, because it leaves the cores to what is measured; else autocannon. */
export const generator = which("wrk") ? "wrk" : "autocannon";

/** A new user with every request, flat out; throws where an answer is not 200, because then it measures something else. */
export const requestsPerSecond = generator === "wrk" ? byWrk : byAutocannon;
