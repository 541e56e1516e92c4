import { readdir } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import type { CallerRole } from "./caller.ts";
import { isManagers, isOpen, ROLES, rolesFor } from "./roles.ts";

/** Every service of the contract, so that one that is added later is found. */
async function services(): Promise<DescService[]> {
  const folder = new URL("../gen/allot/v1/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith("_pb.js"));
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href)));
  return modules.flatMap((module) =>
    Object.values(module).filter((desc) => (desc as { kind?: string }).kind === "service"),
  ) as DescService[];
}

test("every method of the contract has roles, a manager's among them, and none is open", async () => {
  const all = await services();
  expect(all.map((service) => service.name)).toEqual(
    expect.arrayContaining(["CampaignService", "CouponService"]),
  );
  for (const service of all) {
    expect(isOpen(service.typeName)).toBe(false);
    for (const method of service.methods) {
      const roles = rolesFor(service.typeName, method.name);
      expect(roles, method.name).toContain("manager");
      const known: readonly CallerRole[] = [...ROLES, "user"];
      expect(roles.every((role) => known.includes(role))).toBe(true);
    }
  }
});

test("viewers read, and read only", async () => {
  for (const { typeName, methods } of await services()) {
    for (const { name } of methods) {
      const readsNoPhoneNumber = /^(Get|List|Watch|Verify)/.test(name) && !/Participant/.test(name);
      expect(rolesFor(typeName, name).includes("viewer"), name).toBe(readsNoPhoneNumber);
    }
  }
});

test("issuers issue and look, but change no campaign", () => {
  for (const method of ["IssueCoupon", "IssueCoupons"])
    expect(rolesFor("allot.v1.CouponService", method)).toEqual(expect.arrayContaining(["manager", "issuer"]));
  expect(rolesFor("allot.v1.CampaignService", "GetCampaign")).toContain("issuer");
  expect(rolesFor("allot.v1.CampaignService", "EndCampaign")).toEqual(["manager"]);
});

async function methodsOf(role: CallerRole): Promise<string[]> {
  const all = (await services()).flatMap(({ typeName, methods }) =>
    methods.map(({ name }) => ({ typeName, name })),
  );
  return all.filter(({ typeName, name }) => rolesFor(typeName, name).includes(role)).map(({ name }) => name);
}

test("redeemers look coupons and tickets up and redeem, and no more", async () => {
  expect((await methodsOf("redeemer")).sort()).toEqual([
    "ConfirmCoupon",
    "GetCoupon",
    "RedeemCoupon",
    "ReleaseCoupon",
    "ReserveCoupon",
    "VerifyTicket",
  ]);
});

test("users take and look, and no more", async () => {
  expect((await methodsOf("user")).sort()).toEqual([
    "AssignCode",
    "ClaimTicket",
    "Draw",
    "GetCampaign",
    "GetCoupon",
    "GetRound",
    "IssueCoupon",
    "ListBallots",
    "ListCoupons",
    "ListDraws",
    "ListWinners",
    "SubmitBallot",
    "VerifyTicket",
  ]);
});

test("what only managers may call is theirs by that", async () => {
  for (const { typeName, methods } of await services()) {
    for (const { name } of methods) {
      expect(isManagers(typeName, name), name).toBe(rolesFor(typeName, name).length === 1);
    }
  }
});

test("a method without roles is an error, not open", () => {
  expect(() => rolesFor("allot.v1.CampaignService", "ShredCampaign")).toThrow(/has no roles/);
  expect(() => rolesFor("allot.v1.Nowhere", "Get")).toThrow(/has no roles/);
});

test("health and reflection are open", () => {
  for (const service of [
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
  ]) {
    expect(isOpen(service)).toBe(true);
  }
});
