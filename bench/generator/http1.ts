import { which } from "../../test/servers/binary.ts";
import { byAutocannon } from "./by-autocannon.ts";
import { byWrk } from "./by-wrk.ts";

/** wrk where it is installed, because it leaves the cores to what is measured; else autocannon. */
export const http1Generator = which("wrk") ? "wrk" : "autocannon";

export const drive = http1Generator === "wrk" ? byWrk : byAutocannon;
