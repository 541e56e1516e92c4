import type { Role } from "../ledger/ledger.ts";

export const ROLES: readonly Role[] = ["manager", "issuer", "redeemer", "viewer"];

const managers: readonly Role[] = ["manager"];
const issuers: readonly Role[] = ["manager", "issuer"];
const readers: readonly Role[] = ["manager", "issuer", "viewer"];
const everyone = ROLES;

/** Which roles may call what. */
const methods: Record<string, Record<string, readonly Role[]>> = {
  "allot.v1.CampaignService": {
    CreateCampaign: managers,
    GetCampaign: readers,
    ListCampaigns: readers,
    UpdateCampaign: managers,
    PauseCampaign: managers,
    ResumeCampaign: managers,
    EndCampaign: managers,
    DeleteCampaign: managers,
  },
  "allot.v1.CouponService": {
    IssueCoupon: issuers,
    IssueCoupons: issuers,
    GetCoupon: everyone,
    ListCoupons: readers,
  },
};

/** For load balancers and tools, which have no keys; they tell nothing about campaigns. */
const openServices = new Set([
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
]);

export function isOpen(service: string): boolean {
  return openServices.has(service);
}

/** Throws for a method that has no roles, so that none is open by omission. */
export function rolesFor(service: string, method: string): readonly Role[] {
  const roles = methods[service]?.[method];
  if (roles === undefined) throw new Error(`${service}/${method} has no roles`);
  return roles;
}
