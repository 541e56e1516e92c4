import type { Fault } from "../fault.ts";
import { clockFaults } from "./clocks.ts";
import { hopFaults } from "./hops.ts";
import { kills } from "./kills.ts";
import { powerFaults } from "./power.ts";
import { resourceFaults } from "./resources.ts";

export const faults: Fault[] = [...kills, ...hopFaults, ...resourceFaults, ...clockFaults, ...powerFaults];
