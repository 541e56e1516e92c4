import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CampaignDraft } from "../campaign/draft.ts";
import { openSecrets } from "../keys/secrets.ts";
import { sqliteLedger } from "../ledger/sqlite/ledger.ts";
import { openSqlite } from "../ledger/sqlite/open.ts";
import { Batcher } from "../store/batcher.ts";
import { EmbeddedStore } from "../store/embedded/embedded-store.ts";
import { CodeBook } from "./code-book.ts";
import { Issuer } from "./issuer.ts";
import { KnownCampaigns } from "./known-campaigns.ts";
import { Registration } from "./registration.ts";
import type { Issued, IssueRequest } from "./request.ts";
import { Tallies } from "./tallies.ts";

const dayMs = 86_400_000;

/** An issuer on a ledger and store of its own. `fill` stands in for the ledger's where it is given. */
export async function issuing(fill?: () => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), "allot-issuing-"));
  const database = openSqlite(dir);
  onTestFinished(async () => {
    await database.close();
    await rm(dir, { recursive: true });
  });
  const ledger = sqliteLedger(database);
  const secrets = await openSecrets(ledger, randomBytes(32));
  const clock = { nowMs: Date.now };
  const store = new EmbeddedStore({
    ...database,
    nowMs: () => clock.nowMs(),
    onBrokenCommit(error) {
      throw error;
    },
  });
  /** A server that knows nothing yet. */
  function server() {
    const codes = new CodeBook(ledger, secrets);
    const campaigns = new KnownCampaigns(ledger, codes, secrets);
    const batcher = new Batcher({
      store,
      queueMax: 100_000,
      codes: (plan, serials) => campaigns.texts(plan, serials),
      onBatch: () => {},
    });
    const issuer = new Issuer({
      campaigns,
      codes,
      batcher,
      secrets,
      ledger,
      partitions: 1,
      registration: new Registration(ledger),
      tallies: new Tallies(),
      fill: async (_, place) => {
        if (fill) await fill();
        else await ledger.reserveMore(place);
      },
    });
    return async (userId: string, more: Partial<IssueRequest> = {}): Promise<Issued> =>
      issuer.issue((await campaigns.known("c"))!, {
        userId,
        prizeId: "",
        requestId: "",
        address: "203.0.113.7",
        ...more,
      });
  }
  /** Two prizes alike, one coupon for each user; other fields as given. */
  async function create(prize: { quota?: number; dailyQuota?: number }, more: Partial<CampaignDraft> = {}) {
    const created = await ledger.createCampaign(
      {
        id: "c",
        name: "",
        startMs: 0,
        endMs: Date.now() + 30 * dayMs,
        timeZone: "Asia/Seoul",
        mechanic: { kind: "first-come" },
        requireRegistration: false,
        couponExpiry: undefined,
        drawSecret: undefined,
        prizes: ["a", "b"].map((id) => ({
          id,
          name: "",
          quota: undefined,
          dailyQuota: undefined,
          ...prize,
          oddsPpm: 0,
          attributes: {},
        })),
        limits: { perUser: 1, perUserPerDay: 0, perAddress: 0 },
        // A small space, of which an unlimited prize reserves little at a time.
        format: { alphabet: "0123456789", length: 4, prefix: "" },
        allowGuessable: true,
        partitions: 1,
        wrappedKey: secrets.wrap("code-space", randomBytes(32)),
        nowMs: Date.now(),
        ...more,
      },
      undefined,
    );
    if (created.kind !== "created") throw new Error(created.kind);
    return created.campaign;
  }
  const change = (what: object) =>
    ledger.changeCampaign("c", undefined, { ...what, nowMs: Date.now() }, undefined);
  return { ledger, secrets, store, clock, server, create, change };
}
