import { afterAll, beforeAll, describe } from "vitest";
import { armsPartitions } from "./contract/lending-arming.ts";
import { lendsBlocks } from "./contract/lending-blocks.ts";
import { keepsItsBooks } from "./contract/lending-books.ts";
import { followsChanges } from "./contract/lending-changes.ts";
import { comparesConflicts } from "./contract/lending-conflicts.ts";
import { deletesLentCodes } from "./contract/lending-deletions.ts";
import { takesBack } from "./contract/lending-hand-backs.ts";
import type { LendingHarness } from "./contract/lending-harness.ts";
import { recordsOutboxes } from "./contract/lending-recording.ts";

/** Lending's contract, run against every implementation. */
export function describeLending(name: string, open: () => Promise<LendingHarness>): void {
  describe(`lending contract: ${name}`, () => {
    let harness: LendingHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    describe("lending", () => lendsBlocks(() => harness));
    describe("changes of campaigns", () => followsChanges(() => harness));
    describe("recording", () => recordsOutboxes(() => harness));
    describe("conflicts", () => comparesConflicts(() => harness));
    describe("hand-backs", () => takesBack(() => harness));
    describe("codes that are deleted", () => deletesLentCodes(() => harness));
    describe("arming", () => armsPartitions(() => harness));
    describe("books", () => keepsItsBooks(() => harness));
  });
}
