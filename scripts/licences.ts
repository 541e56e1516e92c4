/** package-lock.json, as far as licences go. */
export interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }>;
}

export interface Refused {
  name: string;
  licence: string;
}

/** They ask for their notice to be kept, which node_modules does, and for nothing of whoever uses or ships the service. */
const PERMISSIVE = [
  ...[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "ISC",
    "MIT",
    "Unlicense",
    "Zlib",
  ],
];
/** Also of tools, which are not shipped: what they ask for concerns changes to their own files. */
const OF_TOOLS = [...PERMISSIVE, "MPL-2.0", "Python-2.0", "CC-BY-4.0"];

/**
 * The packages that may not be used, those of other platforms included. `installed` reads the licence from a package's own package.json:
 * undefined where it is not installed here; what it says counts as well as the lock file.
 */
export function refusedLicences(lock: Lock, installed: (path: string) => string | undefined): Refused[] {
  const packages = Object.entries(lock.packages).filter(([path, { link }]) => path !== "" && !link);
  return packages.flatMap(([path, { license, dev }]) => {
    const allowed = new Set(dev ? OF_TOOLS : PERMISSIVE);
    const said = new Set([license, installed(path)].filter((licence) => licence !== undefined));
    if (said.size === 0) said.add("none");
    const refused = [...said].filter((licence) => !isAllowed(licence, allowed));
    return refused.map((licence) => ({ name: path.replace(/^.*node_modules\//, ""), licence }));
  });
}

/** Whether a licence expression (SPDX 2.3, annex D) can be met with the allowed licences alone; what can't be read can't. */
export function isAllowed(expression: string, allowed: ReadonlySet<string>): boolean {
  const tokens = expression.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const any = (): boolean => {
    let met = all();
    while (tokens[at] === "OR") {
      at++;
      met = all() || met;
    }
    return met;
  };
  const all = (): boolean => {
    let met = one();
    while (tokens[at] === "AND") {
      at++;
      met = one() && met;
    }
    return met;
  };
  const one = (): boolean => {
    const token = tokens[at++] ?? "";
    if (token !== "(") return allowed.has(token);
    const met = any();
    return tokens[at++] === ")" && met;
  };
  return any() && at === tokens.length;
}
