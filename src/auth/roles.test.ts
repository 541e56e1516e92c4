import { readdir } from "node:fs/promises";
import type { DescService } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { isOpen, ROLES, rolesFor } from "./roles.ts";

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
      expect(roles.every((role) => ROLES.includes(role))).toBe(true);
    }
  }
});

test("viewers read, and read only", async () => {
  for (const { typeName, methods } of await services()) {
    for (const { name } of methods) {
      expect(rolesFor(typeName, name).includes("viewer"), name).toBe(/^(Get|List|Watch)/.test(name));
    }
  }
});

test("issuers issue and look, but change no campaign", () => {
  for (const method of ["IssueCoupon", "IssueCoupons"])
    expect(rolesFor("allot.v1.CouponService", method)).toEqual(["manager", "issuer"]);
  expect(rolesFor("allot.v1.CampaignService", "GetCampaign")).toContain("issuer");
  expect(rolesFor("allot.v1.CampaignService", "EndCampaign")).toEqual(["manager"]);
});

test("redeemers look a coupon up, and no more", () => {
  expect(rolesFor("allot.v1.CouponService", "GetCoupon")).toContain("redeemer");
  expect(rolesFor("allot.v1.CouponService", "ListCoupons")).not.toContain("redeemer");
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
