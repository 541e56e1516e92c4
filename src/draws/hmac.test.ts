import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FieldsHmac } from "./hmac.ts";

const field = fc.oneof(fc.string({ unit: "grapheme" }), fc.nat(), fc.uint8Array());

test("is HMAC-SHA-256 over the fields, each behind its length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), fc.array(field), (key, fields) => {
      const hmac = createHmac("sha256", key);
      for (const one of fields) {
        const bytes = typeof one === "object" ? Buffer.from(one) : Buffer.from(String(one));
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        hmac.update(length).update(bytes);
      }
      const mine = new FieldsHmac(key);
      mine.of(["something", "before"]);
      expect(mine.of(fields)).toEqual(hmac.digest());
    }),
  );
});
