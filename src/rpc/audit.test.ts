import { readdir } from "node:fs/promises";
import type { DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createClient,
  createContextValues,
  createRouterTransport,
} from "@connectrpc/connect";
import { beforeEach, describe, expect, test } from "vitest";
import { type Caller, caller } from "../auth/caller.ts";
import { CampaignService } from "../gen/allot/v1/campaign_pb.js";
import { CodePoolService } from "../gen/allot/v1/code_pool_pb.js";
import { CouponService } from "../gen/allot/v1/coupon_pb.js";
import { ParticipantService } from "../gen/allot/v1/participant_pb.js";
import { RaffleService } from "../gen/allot/v1/raffle_pb.js";
import { Reason } from "../gen/allot/v1/refusal_pb.js";
import { keyedHash } from "../keys/keyed-hash.ts";
import type { AuditRow } from "../ledger/audit.ts";
import { LedgerUnavailable } from "../ledger/ledger.ts";
import { createLogger } from "../log.ts";
import { exactAddress } from "../server/caller.ts";
import { Audit, isAudited } from "./audit.ts";
import { fault, faultInterceptor } from "./errors.ts";

const userHashKey = Buffer.alloc(32, 7);
const log = createLogger("fatal");
const NOW_MS = Date.UTC(2026, 10, 20, 12);

/** The audit log as rows, in the order they were begun; it fails when it is told to. */
class Rows {
  readonly rows: AuditRow[] = [];
  failing: "begin" | "end" | undefined;
  async beginAudit(row: AuditRow) {
    if (this.failing === "begin") throw new LedgerUnavailable("gone");
    this.rows.push({ ...row });
  }
  async endAudit(id: Uint8Array, outcome: string, campaignId: string) {
    if (this.failing === "end") throw new LedgerUnavailable("gone");
    await new Promise(setImmediate);
    const row = this.rows.find((one) => Buffer.from(one.id).equals(id))!;
    Object.assign(row, { outcome, ...(campaignId !== "" && { campaignId }) });
  }
}

let rows: Rows;
let by: Caller | undefined;
/** What handlers do; by default they answer with nothing. */
let act: (request: unknown) => unknown;
let carriedOut: number;
beforeEach(() => {
  rows = new Rows();
  by = { role: "manager", keyId: "k1", subject: undefined };
  act = () => ({});
  carriedOut = 0;
});

function transport() {
  const audit = new Audit({ ledger: rows, secrets: { userHashKey }, log, clock: () => NOW_MS });
  const handle = async (request: unknown) => {
    carriedOut++;
    return (await act(request)) as object;
  };
  const routes = (plain: ConnectRouter) => {
    const router = audit.router(plain);
    router.service(CampaignService, { createCampaign: handle, endCampaign: handle, getCampaign: handle });
    router.service(CouponService, { revokeCoupon: handle, issueCoupon: handle });
    router.service(ParticipantService, { banParticipant: handle, listParticipants: handle });
    router.service(RaffleService, { drawWinners: handle });
    router.service(CodePoolService, {
      async *generateCodes(request) {
        yield (await handle(request)) as { generated: number };
        yield { generated: 2 };
      },
    });
  };
  return createRouterTransport(routes, {
    router: {
      interceptors: [
        faultInterceptor(log),
        (next) => (request) => {
          request.contextValues.set(caller, by).set(exactAddress, "2001:db8::1");
          return next(request);
        },
      ],
    },
  });
}

const client = <S extends DescService>(service: S) => createClient(service, transport());

describe("a call leaves a row", () => {
  test("with who, when, from where, what and how it came out", async () => {
    act = () => {
      expect(rows.rows).toMatchObject([{ method: "EndCampaign", outcome: "" }]);
      return {};
    };
    await client(CampaignService).endCampaign({ campaignId: "autumn", requestId: "r1" });
    expect(rows.rows).toEqual([
      {
        id: expect.any(Buffer),
        timeMs: NOW_MS,
        actor: "key:k1",
        address: "2001:db8::1",
        method: "EndCampaign",
        campaignId: "autumn",
        userHash: undefined,
        requestId: "r1",
        outcome: "OK",
      },
    ]);
  });

  test("that names the campaign of what the answer is about", async () => {
    act = () => ({ campaign: { id: "generated" } });
    await client(CampaignService).createCampaign({ campaign: {} });
    act = () => ({ coupon: { campaignId: "autumn" } });
    await client(CouponService).revokeCoupon({ code: "ABCD", reason: "fraud" });
    expect(rows.rows.map(({ campaignId }) => campaignId)).toEqual(["generated", "autumn"]);
    expect(JSON.stringify(rows.rows)).not.toContain("ABCD");
  });

  test("that knows a user by a keyed hash only", async () => {
    await client(ParticipantService).banParticipant({ userId: "ann@shop.example", reason: "ann is a bot" });
    expect(rows.rows[0]!.userHash).toEqual(keyedHash(userHashKey, ["ann@shop.example"]));
    expect(JSON.stringify(rows.rows)).not.toContain("ann");
  });

  test.each<[Caller | undefined, string]>([
    [{ role: "manager", keyId: undefined, subject: "ops" }, "token:ops"],
    [{ role: "manager", keyId: undefined, subject: undefined }, "anybody"],
  ])("of %j as %s", async (who, actor) => {
    by = who;
    await client(CampaignService).endCampaign({ campaignId: "autumn" });
    expect(rows.rows).toMatchObject([{ actor }]);
  });

  test("when it is refused, or fails", async () => {
    act = () => ({ outcome: { case: "refusal", value: { reason: Reason.TICKETS_REMAIN } } });
    await client(RaffleService).drawWinners({ campaignId: "autumn" });
    act = () => {
      throw fault("CAMPAIGN_NOT_FOUND", "no");
    };
    await expect(client(CampaignService).endCampaign({ campaignId: "winter" })).rejects.toThrow("no");
    act = () => {
      throw new LedgerUnavailable("gone");
    };
    await expect(client(CampaignService).endCampaign({ campaignId: "winter" })).rejects.toThrow();
    act = () => {
      throw new Error("secret");
    };
    await expect(client(CampaignService).endCampaign({ campaignId: "winter" })).rejects.toThrow("internal");
    expect(rows.rows.map(({ outcome }) => outcome)).toEqual([
      "TICKETS_REMAIN",
      "CAMPAIGN_NOT_FOUND",
      "LEDGER_UNAVAILABLE",
      "INTERNAL",
    ]);
  });

  test("without what can be no campaign and no request id", async () => {
    await client(CampaignService).endCampaign({ campaignId: "Ann Smith", requestId: "x".repeat(129) });
    expect(rows.rows).toMatchObject([{ campaignId: "", requestId: "" }]);
  });

  test("when it answers with a stream, also with one that breaks off", async () => {
    act = () => ({ generated: 1 });
    for await (const _ of client(CodePoolService).generateCodes({ campaignId: "pool" }));
    expect(rows.rows).toMatchObject([{ method: "GenerateCodes", campaignId: "pool", outcome: "OK" }]);
    act = () => {
      throw fault("WRONG_MECHANIC", "no pool");
    };
    const broken = async () => {
      for await (const _ of client(CodePoolService).generateCodes({ campaignId: "autumn" }));
    };
    await expect(broken()).rejects.toThrow("no pool");
    expect(rows.rows[1]).toMatchObject({ outcome: "WRONG_MECHANIC" });
  });
});

test("a call whose row can't be written is not carried out", async () => {
  rows.failing = "begin";
  await expect(client(CampaignService).endCampaign({ campaignId: "autumn" })).rejects.toThrow("database");
  expect(carriedOut).toBe(0);
});

test("a call whose outcome can't be written is answered, and its row has none", async () => {
  rows.failing = "end";
  act = () => ({ campaign: { id: "autumn" } });
  const { campaign } = await client(CampaignService).endCampaign({ campaignId: "autumn" });
  expect(campaign).toMatchObject({ id: "autumn" });
  expect(rows.rows).toMatchObject([{ outcome: "" }]);
});

test("a call that was refused before its handler leaves a row too", async () => {
  const audit = new Audit({ ledger: rows, secrets: { userHashKey }, log, clock: () => NOW_MS });
  const values = createContextValues().set(caller, by).set(exactAddress, "203.0.113.7");
  await audit.refused(CampaignService.method.endCampaign, { values }, "NOT_ALLOWED");
  expect(rows.rows).toMatchObject([
    { method: "EndCampaign", address: "203.0.113.7", outcome: "NOT_ALLOWED" },
  ]);
});

test("what changes nothing, and what others than managers may call, leaves none", async () => {
  await client(CampaignService).getCampaign({ campaignId: "autumn" });
  await client(CampaignService).createCampaign({ campaign: {}, validateOnly: true });
  await client(ParticipantService).listParticipants({});
  await client(CouponService).issueCoupon({ campaignId: "autumn", userId: "ann" });
  expect(carriedOut).toBe(4);
  expect(rows.rows).toEqual([]);
});

describe("of the contract's methods", async () => {
  const folder = new URL("../gen/allot/v1/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith("_pb.js"));
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  const services = modules.flatMap((module) =>
    Object.values(module).filter((desc) => (desc as { kind?: string }).kind === "service"),
  ) as DescService[];
  const audited = services.flatMap(({ methods }) => methods.filter(isAudited));

  test("these leave rows", () => {
    expect(audited.map(({ name }) => name).sort()).toEqual([
      "BanParticipant",
      "CloseRound",
      "CreateCampaign",
      "DeleteCampaign",
      "DeleteCode",
      "DrawWinners",
      "EndCampaign",
      "EraseParticipant",
      "GenerateCodes",
      "ImportCodes",
      "PauseCampaign",
      "ResumeCampaign",
      "RevokeCoupon",
      "UnbanParticipant",
      "UpdateCampaign",
    ]);
  });

  test.each(audited.map((method) => [method.name, method] as const))(
    "%s says what it is about",
    (_, method) => {
      const names = (message: DescMessage) => message.fields.map(({ localName }) => localName);
      const asked = names(method.input).some((name) => ["campaignId", "campaign", "userId"].includes(name));
      expect(asked || names(method.output).includes("coupon") || answersWithAPart(method)).toBe(true);
    },
  );

  /** An outcome that names its campaign. */
  function answersWithAPart({ output }: DescMethod): boolean {
    return output.oneofs.some(({ fields }) =>
      fields.some(({ message }) => message?.fields.some(({ localName }) => localName === "campaignId")),
    );
  }
});
