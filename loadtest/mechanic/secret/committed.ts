import { createHash } from "node:crypto";
import { type Check, check } from "../../audit/check.ts";

/** The secret shown afterwards is the one that was committed to before anything was drawn. `whose`: such as "the secret". */
export const committed = (
  whose: string,
  draws: Iterable<{ name: string; commitment: Uint8Array; secret: Uint8Array }>,
): Check => {
  const faults: string[] = [];
  let count = 0;
  for (const { name, commitment, secret } of draws) {
    count++;
    const shown = createHash("sha256").update(secret).digest("hex");
    const promised = Buffer.from(commitment).toString("hex");
    if (secret.length === 0) faults.push(`${name}: it is not shown`);
    else if (shown !== promised)
      faults.push(`${name}: SHA-256 of it is ${shown}, and not ${promised || "anything"}`);
  }
  return check(`${whose} is shown, and was committed to`, `SHA-256 of ${count} compared`, faults);
};
