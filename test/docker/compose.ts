import { execFileSync, spawnSync } from "node:child_process";
import { ensureDebian } from "../servers/debian.ts";

export interface Compose {
  services: Record<string, Service>;
  networks: object;
  secrets: Record<string, { file: string }>;
}

interface Service {
  command: string | string[];
  environment?: Record<string, string>;
  ports?: string[];
}

const python = "/usr/bin/python3";

/** By Debian's python3-yaml, which takes a key that is there twice: that is refused here, as YAML does. */
const program = `
import json, sys, yaml
class Strict(yaml.SafeLoader):
    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is there twice: {keys}"
        return super().construct_mapping(node, deep)
json.dump(yaml.load(open(sys.argv[1]), Strict), sys.stdout)
`;

/** docker/compose.yaml, its anchors resolved. */
export function readCompose(): Compose {
  ensureDebian(["python3-yaml"], () => spawnSync(python, ["-c", "import yaml"]).status === 0);
  return JSON.parse(execFileSync(python, ["-c", program, "docker/compose.yaml"], { encoding: "utf8" }));
}

/** The options behind a server's name in a command line, by their names. */
export function optionsOf({ command }: Service): Record<string, string> {
  const option = /--(?<name>[a-z-]+)[= ](?:"(?<quoted>[^"]*)"|(?<value>[^" ]+))/g;
  return Object.fromEntries(
    [...String(command).matchAll(option)].map(({ groups }) => [
      groups!.name!,
      groups!.quoted ?? groups!.value!,
    ]),
  );
}
