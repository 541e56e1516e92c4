import type { Campaign } from "./campaign.ts";

/** The partitions a campaign is spread over, of `total`. Neighbours in number start in different ones. */
export function partitionsOf(campaign: Pick<Campaign, "no" | "partitions">, total: number): number[] {
  return Array.from({ length: campaign.partitions }, (_, i) => (campaign.no + i) % total);
}

/** The partition that decides about a user, or about a request that names none: the same one always. */
export function partitionFor(campaign: Campaign, total: number, hash: Uint8Array): number {
  const spread = ((hash[0]! << 8) | hash[1]!) % campaign.partitions;
  return (campaign.no + spread) % total;
}
