import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/** What a build would be sent of the files of this repository. */
export function buildContext(): string[] {
  const git = ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  return letThrough(execFileSync("git", git, { encoding: "utf8" }).split("\0").filter(Boolean));
}

/** The paths that docker/Dockerfile.dockerignore lets through. Its last matching line decides, about a path or a folder above it. */
export function letThrough(paths: string[]): string[] {
  const lines = readFileSync("docker/Dockerfile.dockerignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  return paths.filter((path) => {
    const parts = path.split("/");
    const withFolders = parts.map((_, i) => parts.slice(0, i + 1).join("/"));
    const last = lines.findLast((line) => withFolders.some((one) => asPattern(line).test(one)));
    return last === undefined || last.startsWith("!");
  });
}

/** Unlike a shell's, its stars match names that begin with a dot. */
function asPattern(line: string): RegExp {
  const pattern = line
    .replace(/^!/, "")
    .replaceAll(/[.+^$()|{}[\]\\?]/g, "\\$&")
    .replaceAll("**/", "\0")
    .replaceAll("*", "[^/]*")
    .replaceAll("\0", "(.*/)?");
  return new RegExp(`^${pattern}$`);
}
