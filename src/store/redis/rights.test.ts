import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { librarySource } from "./library.ts";

/** What servers send beside Functions. */
const sent = [
  ...["fcall", "fcall_ro", "xrange", "hgetall", "unlink", "scan", "time", "info"],
  ...["config|get", "function|list", "cluster|slots"],
];

/** A command inside a Function needs its caller's right to it. */
test("the documented rights are those that servers and the Functions use, no more and no less", () => {
  const page = readFileSync(new URL("../../../docs/security.md", import.meta.url), "utf8");
  const rights = /^ACL SETUSER allot_serve (.*)$/m.exec(page)![1]!.split(" ");
  const granted = rights.filter((right) => right.startsWith("+")).map((right) => right.slice(1));
  const called = [...librarySource().source.matchAll(/redis\.p?call\('(\w+)'/g)].map((call) =>
    call[1]!.toLowerCase(),
  );
  expect(new Set(granted)).toEqual(new Set([...called, ...sent]));
});
