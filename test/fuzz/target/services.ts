import { readdirSync } from "node:fs";
import type { DescFile, DescMethod } from "@bufbuild/protobuf";

const generated = new URL("../../../src/gen/", import.meta.url);

/** Every method there is, by its path: whatever is generated is served. */
export async function allMethods(): Promise<ReadonlyMap<string, DescMethod>> {
  const methods = new Map<string, DescMethod>();
  const files = readdirSync(generated, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((name) => name.endsWith("_pb.js")).sort()) {
    const exported: Record<string, DescFile> = await import(new URL(file, generated).href);
    for (const desc of Object.values(exported)) {
      if (desc?.kind !== "file") continue;
      for (const service of desc.services) {
        for (const method of service.methods) methods.set(`/${service.typeName}/${method.name}`, method);
      }
    }
  }
  return methods;
}
