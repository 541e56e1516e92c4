import { afterAll, beforeAll, describe } from "vitest";
import { keepsTheAuditLog } from "./contract/auditing.ts";
import { changesCampaigns } from "./contract/changing.ts";
import { importsCodes } from "./contract/code-imports.ts";
import { keepsCodePools } from "./contract/code-pools.ts";
import { findsCoupons } from "./contract/coupons.ts";
import { createsCampaigns } from "./contract/creating.ts";
import { recordsDraws } from "./contract/draw-records.ts";
import { listsEntries } from "./contract/entries.ts";
import { erasesUsers } from "./contract/erasing.ts";
import { tellsEvents } from "./contract/events.ts";
import type { LedgerHarness } from "./contract/harness.ts";
import { keepsAnswersAndKeys } from "./contract/keeping.ts";
import { listsCampaigns } from "./contract/listing.ts";
import { keepsBans, keepsParticipants } from "./contract/participants.ts";
import { drawsRaffles } from "./contract/raffles.ts";
import { redeemsCoupons } from "./contract/redeeming.ts";
import { revokesCoupons } from "./contract/revoking.ts";
import { keepsRounds } from "./contract/rounds.ts";
import { keepsWrappedKeys } from "./contract/wrapped-keys.ts";

/** The ledger's contract, run against every implementation. */
export function describeLedger(name: string, open: () => Promise<LedgerHarness>): void {
  describe(`ledger contract: ${name}`, () => {
    let harness: LedgerHarness;
    beforeAll(async () => {
      harness = await open();
    });
    afterAll(() => harness?.close());

    describe("creating campaigns", () => createsCampaigns(() => harness));
    describe("changing campaigns", () => changesCampaigns(() => harness));
    describe("listing campaigns", () => listsCampaigns(() => harness));
    describe("finding coupons", () => findsCoupons(() => harness));
    describe("listing entries", () => listsEntries(() => harness));
    describe("redeeming coupons", () => redeemsCoupons(() => harness));
    describe("revoking coupons", () => revokesCoupons(() => harness));
    describe("code pools", () => keepsCodePools(() => harness));
    describe("imported codes", () => importsCodes(() => harness));
    describe("participants", () => keepsParticipants(() => harness));
    describe("bans", () => keepsBans(() => harness));
    describe("erasing", () => erasesUsers(() => harness));
    describe("answers, secrets and keys", () => keepsAnswersAndKeys(() => harness));
    describe("wrapped keys", () => keepsWrappedKeys(() => harness));
    describe("raffles", () => drawsRaffles(() => harness));
    describe("rounds", () => keepsRounds(() => harness));
    describe("the audit log", () => keepsTheAuditLog(() => harness));
    describe("draw records", () => recordsDraws(() => harness));
    // Last: what it records is of later epochs.
    describe("events", () => tellsEvents(() => harness));
  });
}
