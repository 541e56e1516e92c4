/** The keys that the ledger keeps wrapped by the master key, while another master key takes its place. */
export interface WrappedKeys {
  /**
   * Puts what `change` makes of each wrapped key into its place, unless somebody changed it in between; undefined leaves it as it is. Returns how
   * many it replaced.
   */
  rewrap(change: (purpose: string, wrapped: Uint8Array) => Uint8Array | undefined): Promise<number>;
  /** Puts one secret into another's place; false: it is not there any more. */
  replaceSecret(name: string, from: Uint8Array, to: Uint8Array): Promise<boolean>;
}
