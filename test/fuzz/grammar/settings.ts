import type { Random } from "../../simulate/random.ts";
import type { SettingsInput } from "../input.ts";
import { oddTexts } from "./scalars.ts";

const texts: readonly string[] = [
  ...[
    "8080",
    "-1",
    "65536",
    "1e3",
    "0x10",
    " 80 ",
    "９",
    "0",
    "00000000000000080",
    "on",
    "off",
    "ON",
    "auto",
    "none",
  ],
  ...[
    "127.0.0.1",
    "::1",
    "0.0.0.0",
    "localhost",
    "info",
    "trace",
    "silent",
    "5",
    "0.5",
    "5/20",
    "5/",
    "/5",
    "0/1",
    "1e9",
  ],
  ...[
    "redis://a",
    "redis://a:6379/0",
    "rediss://u:p@a",
    "redis://a,redis://b",
    "redis://a/1,redis://b",
    "redis:",
    "http://a",
  ],
  ...[
    "redis://a:99999",
    "redis://[::1",
    "redis://%zz@a",
    "mysql://a/b",
    "mysql://a",
    "mysql://u:p@a:3306/b",
    "mysql://a/b/c",
  ],
  ...[
    "10.0.0.0/8",
    "10.0.0.0/33",
    "fd00::/8",
    "::/0",
    "10.0.0.0/",
    "/8",
    "1.2.3.4",
    "fe80::1%eth0/64",
    "::ffff:1.2.3.4/96",
  ],
  ...[
    "https://shop.example",
    "https://shop.example/",
    "*",
    "null",
    "https://a,https://b",
    ",",
    "file:///nowhere",
    "file://h/x",
  ],
  ...[
    "A".repeat(43),
    `${"A".repeat(43)}=`,
    "A".repeat(44),
    "=".repeat(44),
    "/nowhere/key",
    "/",
    "/dev/null",
    ".",
  ],
];

/** An environment in which some variables are not what they should be. */
export function settingsInput(random: Random, names: readonly string[]): SettingsInput {
  const env: Record<string, string> = {};
  for (let count = random.pick([1, 1, 2, 4, 12]); count > 0; count--) {
    const name = random.pick(names);
    const text = random.chance(0.75) ? random.pick(texts) : random.pick(oddTexts);
    env[name] = random.chance(0.2) ? changed(text, random) : text;
  }
  return { kind: "settings", env };
}

function changed(text: string, random: Random): string {
  const at = random.between(0, text.length);
  return `${text.slice(0, at)}${random.pick([",", "/", ":", " ", "\n", "\u00e9", "0", text])}${text.slice(at)}`;
}
