import { arm, bans, begin, clear, released, reset, restore, state, trim } from "./arm.ts";
import { ban } from "./bans.ts";
import type { Call } from "./prelude.ts";
import { release } from "./release.ts";
import { adopt, grant, recall, seal } from "./stock.ts";
import { take } from "./take.ts";

/** The Functions of src/store/redis/functions, in JavaScript: what a simulated Redis runs in place of Lua. */
export const library: Record<string, (call: Call) => string[]> = {
  allot_take: take,
  allot_grant: grant,
  allot_recall: recall,
  allot_adopt: adopt,
  allot_seal: seal,
  allot_ban: ban,
  allot_release: release,
  allot_fence: state,
  allot_begin: begin,
  allot_clear: clear,
  allot_reset: reset,
  allot_restore: restore,
  allot_released: released,
  allot_bans: bans,
  allot_arm: arm,
  allot_trim: trim,
};
