import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What V8 writes with --cpu-prof (Chrome DevTools Protocol, Profiler.Profile). Times in microseconds of the monotonic clock. */
interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  startTime: number;
  samples: number[];
  timeDeltas: number[];
}

export interface SelfTimes {
  /** Time in which there was something to do. */
  busyUs: number;
  idleUs: number;
  gcUs: number;
  /** Without idle time, the longest first. */
  functions: { name: string; us: number }[];
  packages: { name: string; us: number }[];
}

/** Time by function and by package between two instants: each sample stands for the time until the next. */
export function selfTimes(file: string, fromUs: number, toUs: number): SelfTimes {
  const { nodes, startTime, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as CpuProfile;
  const byNode = new Map<number, number>();
  let atUs = startTime;
  samples.forEach((id, i) => {
    atUs += timeDeltas[i]!;
    if (atUs >= fromUs && atUs < toUs) byNode.set(id, (byNode.get(id) ?? 0) + (timeDeltas[i + 1] ?? 0));
  });
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, us: number) => to.set(name, (to.get(name) ?? 0) + us);
  let [idleUs, gcUs] = [0, 0];
  for (const { id, callFrame } of nodes) {
    const us = byNode.get(id) ?? 0;
    if (us === 0) continue;
    if (callFrame.functionName === "(idle)") {
      idleUs += us;
      continue;
    }
    if (callFrame.functionName === "(garbage collector)") gcUs += us;
    const place = placeOf(callFrame.url);
    const line = callFrame.url === "" ? "" : ` ${place.file}:${callFrame.lineNumber + 1}`;
    add(functions, `${callFrame.functionName || "(anonymous)"}${line}`, us);
    add(packages, place.package ?? nativeName(callFrame.functionName), us);
  }
  const sorted = (map: Map<string, number>) =>
    [...map].map(([name, us]) => ({ name, us })).toSorted((a, b) => b.us - a.us);
  const busyUs = [...functions.values()].reduce((sum, us) => sum + us, 0);
  return { busyUs, idleUs, gcUs, functions: sorted(functions), packages: sorted(packages) };
}

/** V8's own names stand for themselves; functions without a script are Node's or V8's, in C++. */
function nativeName(functionName: string): string {
  if (functionName === "(program)") return "(program: kernel, malloc, V8 outside JavaScript)";
  return functionName.startsWith("(") ? functionName : "native functions of Node and V8";
}

const root = fileURLToPath(new URL("../../", import.meta.url));

function placeOf(url: string): { package?: string; file: string } {
  if (url === "") return { file: "" };
  if (url.startsWith("node:")) {
    const [top, part] = url.slice("node:".length).split("/");
    return { package: `node:${top === "internal" && part ? `internal/${part}` : top}`, file: url };
  }
  const path = url.startsWith("file:") ? fileURLToPath(url) : url;
  const file = path.startsWith(root) ? path.slice(root.length) : path;
  const [, inPackage] = file.split("node_modules/").slice(-2);
  if (inPackage === undefined) return { package: file.split("/").slice(0, 2).join("/"), file };
  const words = inPackage.split("/");
  return { package: words.slice(0, words[0]!.startsWith("@") ? 2 : 1).join("/"), file: inPackage };
}
