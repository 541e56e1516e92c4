import type { Config } from "../config.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Logger } from "../log.ts";
import { Access } from "./access.ts";
import { KeyRing } from "./key-ring.ts";
import { TokenKeys } from "./token-keys.ts";
import { Tokens } from "./tokens.ts";

/** Access as the settings have it, and what keeps its keys up to date in the background. */
export function openAccess(
  ledger: Pick<Ledger, "apiKeys">,
  config: Config,
  log: Logger,
): { access: Access; services: (KeyRing | TokenKeys)[] } {
  const keys = new KeyRing(ledger, log);
  const { jwtIssuer, jwtAudience, jwksUrl, jwtRoleClaim } = config;
  if (jwtIssuer === undefined || jwtAudience === undefined || jwksUrl === undefined)
    return { access: new Access(keys, config), services: [keys] };
  const tokenKeys = new TokenKeys(jwksUrl, log);
  const settings = { issuer: jwtIssuer, audience: jwtAudience, roleClaim: jwtRoleClaim };
  return { access: new Access(keys, config, new Tokens(tokenKeys, settings)), services: [keys, tokenKeys] };
}
