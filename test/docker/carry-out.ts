import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Instruction } from "./dockerfile.ts";

/** What a container of the image would be started with. */
export interface Image {
  /** The folder that stands for the image's root. */
  root: string;
  workdir: string;
  env: Record<string, string>;
  user: string | undefined;
  healthcheck: string | undefined;
  command: string[];
}

export interface CarryOutOptions {
  /** Where each stage gets its folder. */
  dir: string;
  /** The files that COPY finds, by their paths in the repository. */
  context: string[];
  /** Whom the image's user `node` is on this machine. */
  uid: number;
}

/**
 * Carries out a Dockerfile's steps in folders instead of containers. That the base image has Node, npm, a shell and a user called node
 * is taken for granted; an instruction or an option that is not known here is an error.
 */
export function carryOut(instructions: Instruction[], { dir, context, uid }: CarryOutOptions): Image {
  const stages = new Map<string, string>();
  let image: Image | undefined;
  let entrypoint: string[] = [];
  let cmd: string[] = [];
  for (const { name, text } of instructions) {
    if (name === "FROM") {
      image = {
        root: join(dir, `stage-${stages.size}`),
        workdir: "/",
        env: {},
        user: undefined,
        healthcheck: undefined,
        command: [],
      };
      mkdirSync(image.root);
      stages.set(/ AS (\w+)$/.exec(text)?.[1] ?? "", image.root);
      continue;
    }
    if (!image) throw new Error(`${name} before FROM`);
    const here = join(image.root, image.workdir);
    switch (name) {
      case "WORKDIR":
        image.workdir = text;
        mkdirSync(join(image.root, text), { recursive: true });
        break;
      case "ENV":
        Object.assign(image.env, Object.fromEntries(text.split(" ").map((pair) => pair.split("="))));
        break;
      case "COPY": {
        const words = text.split(" ");
        const from = words[0]!.startsWith("--from=") ? words.shift()!.slice("--from=".length) : undefined;
        const target = join(here, words.pop()!);
        if (from !== undefined) cpSync(join(stages.get(from)!, words[0]!), target, { recursive: true });
        else copy(words, context, target);
        break;
      }
      case "RUN": {
        const { root } = image;
        const command = text
          .replaceAll(/(?<= )\/\w+/g, (path) => join(root, path))
          .replaceAll("node:node", `${uid}:${uid}`);
        execFileSync("sh", ["-euc", command], {
          cwd: here,
          env: { ...process.env, ...image.env, npm_config_prefer_offline: "true" },
          stdio: ["ignore", "ignore", "pipe"],
        });
        break;
      }
      case "USER":
        image.user = text;
        break;
      case "HEALTHCHECK":
        image.healthcheck = text.replace(/^(--\S+ )*CMD\s+/, "");
        break;
      case "ENTRYPOINT":
        entrypoint = JSON.parse(text);
        break;
      case "CMD":
        cmd = JSON.parse(text);
        break;
      case "VOLUME":
        if (!existsSync(join(image.root, text))) throw new Error(`VOLUME ${text} would belong to root`);
        break;
      case "EXPOSE":
        break;
      default:
        throw new Error(`${name} is not known here`);
    }
  }
  // Folders made by mkdtemp are their owner's alone.
  chmodSync(dir, 0o755);
  return { ...image!, command: [...entrypoint, ...cmd] };
}

/** A folder's contents go into the target, files too; without a match Docker fails. */
function copy(sources: string[], context: string[], target: string): void {
  for (const source of sources) {
    const found = context.filter((path) => path === source || path.startsWith(`${source}/`));
    if (found.length === 0) throw new Error(`COPY ${source}: there is no such file in the context`);
    const intoFolder = sources.length > 1 || target.endsWith("/");
    for (const path of found) {
      const inside = path.slice(source.length + 1);
      cpSync(path, inside ? join(target, inside) : intoFolder ? join(target, basename(path)) : target);
    }
  }
}
