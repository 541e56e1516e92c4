import { randomBytes } from "node:crypto";
import { type Command, InvalidArgumentError } from "commander";
import { cloudEvent, TEST_TYPE } from "../events/cloud-event.ts";
import { EVENT_TYPES, USUAL_TYPES } from "../events/event-type.ts";
import { Connections } from "../events/post.ts";
import { sendEvent } from "../events/send-event.ts";
import { secretText } from "../events/sign.ts";
import { randomText } from "../keys/random-text.ts";
import type { Secrets } from "../keys/secrets.ts";
import type { Endpoint } from "../ledger/events.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { describeEndpoint } from "./describe-endpoint.ts";

const urlMaxBytes = 2_048;
const secretBytes = 32;
const overlapHours = 24;
const answerMs = 10_000;

export interface WebhooksCommandDeps {
  /** Opens the ledger that the settings name, with its keys; it is closed again. */
  open(): Promise<{ ledger: Ledger; secrets: Secrets }>;
  /** Where the results go, and what people should read beside them. */
  output?: NodeJS.WritableStream;
  notes?: NodeJS.WritableStream;
}

/** `allot webhooks add | list | remove | rotate | retry | test`. */
export function registerWebhooksCommand(
  program: Command,
  { open, output = process.stdout, notes = process.stderr }: WebhooksCommandDeps,
): void {
  const webhooks = program.command("webhooks").description("Manage where events go (docs/events.md)");

  async function opened<Result>(
    work: (ledger: Ledger, secrets: Secrets) => Promise<Result>,
  ): Promise<Result> {
    const { ledger, secrets } = await open();
    try {
      return await work(ledger, secrets);
    } finally {
      await ledger.close();
    }
  }

  async function endpointOf(ledger: Ledger, id: string): Promise<Endpoint> {
    const endpoint = (await ledger.endpoints()).find((one) => one.id === id);
    return endpoint ?? webhooks.error(`There is no endpoint ${id}.`);
  }

  function showSecret(secret: Uint8Array): void {
    notes.write("It checks signatures by this secret, which is not shown again:\n");
    output.write(`${secretText(secret)}\n`);
  }

  webhooks
    .command("add")
    .description("Send events to a URL from now on")
    .argument("<url>", "https:// or http://", readUrl)
    .option("--types <types>", `with commas between; without it all but allot.ballot.submitted`, readTypes)
    .option("--campaign <id>", "only this campaign's")
    .option("--no-user-ids", "leave out whose they are")
    .action(async (url: string, options: { types?: string[]; campaign?: string; userIds: boolean }) => {
      await opened(async (ledger, secrets) => {
        const campaign = options.campaign === undefined ? undefined : await ledger.campaign(options.campaign);
        if (options.campaign !== undefined && !campaign)
          webhooks.error(`There is no campaign ${options.campaign}.`);
        const id = `wh_${randomText(10)}`;
        const secret = randomBytes(secretBytes);
        await ledger.addEndpoint({
          id,
          url,
          types: options.types ?? USUAL_TYPES,
          campaignNo: campaign?.no,
          userIds: options.userIds,
          wrappedSecret: secrets.wrap("webhook", secret),
          createMs: Date.now(),
        });
        notes.write(`Endpoint ${id} gets what happens from now on. `);
        showSecret(secret);
      });
    });

  webhooks
    .command("list")
    .description("List endpoints: how they are, and how much waits for them")
    .action(() =>
      opened(async (ledger) => {
        const heads = await ledger.eventHeads();
        for (const endpoint of await ledger.endpoints()) {
          const positions = await ledger.eventPositions(endpoint.no);
          const campaign =
            endpoint.campaignNo === undefined ? undefined : await ledger.campaignByNo(endpoint.campaignNo);
          output.write(describeEndpoint(endpoint, campaign?.id, heads, positions, Date.now()));
        }
      }),
    );

  webhooks
    .command("remove")
    .description("Send nothing more to an endpoint, and forget what waits for it")
    .argument("<id>")
    .action((id: string) =>
      opened(async (ledger) => {
        if (!(await ledger.removeEndpoint(id))) webhooks.error(`There is no endpoint ${id}.`);
        output.write(`Endpoint ${id} is removed.\n`);
      }),
    );

  webhooks
    .command("rotate")
    .description(`Make a new secret; for ${overlapHours} hours events are signed by the old one too`)
    .argument("<id>")
    .action((id: string) =>
      opened(async (ledger, secrets) => {
        const secret = randomBytes(secretBytes);
        const change = {
          kind: "rotate" as const,
          wrappedSecret: secrets.wrap("webhook", secret),
          previousUntilMs: Date.now() + overlapHours * 3_600_000,
        };
        if (!(await ledger.changeEndpoint(id, change))) webhooks.error(`There is no endpoint ${id}.`);
        notes.write(`Endpoint ${id} has a new secret. `);
        showSecret(secret);
      }),
    );

  webhooks
    .command("retry")
    .description("Try an endpoint at once that failed; enables one that was gone (410)")
    .argument("<id>")
    .action((id: string) =>
      opened(async (ledger) => {
        const change = { kind: "retry" as const, nowMs: Date.now() };
        if (!(await ledger.changeEndpoint(id, change))) webhooks.error(`There is no endpoint ${id}.`);
        output.write(`Endpoint ${id} is tried within a second or two.\n`);
      }),
    );

  webhooks
    .command("test")
    .description("Send a test event from here, and say how it was answered")
    .argument("<id>")
    .action((id: string) =>
      opened(async (ledger, secrets) => {
        const { url, wrappedSecret } = await endpointOf(ledger, id);
        const answer = await sendTest(url, secrets.unwrap("webhook", wrappedSecret));
        if (!answer.ok) webhooks.error(`${url}: ${answer.said}`);
        output.write(`${url}: ${answer.said}\n`);
      }),
    );
}

async function sendTest(url: string, secret: Uint8Array): Promise<{ ok: boolean; said: string }> {
  const event = cloudEvent(TEST_TYPE, {
    id: `test-${randomText(10)}`,
    source: "/webhooks",
    subject: undefined,
    timeMs: Date.now(),
    data: {},
  });
  const connections = new Connections(url, 1);
  try {
    const { kind, said } = await sendEvent(connections, [secret], event, answerMs);
    return { ok: kind === "delivered", said };
  } finally {
    connections.close();
  }
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError("It must be an https:// or http:// URL.");
  if (Buffer.byteLength(text) > urlMaxBytes)
    throw new InvalidArgumentError(`It has at most ${urlMaxBytes} bytes.`);
  return text;
}

function readTypes(text: string): string[] {
  const types = text.split(",").map((type) => type.trim());
  const unknown = types.filter((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown.length > 0) {
    throw new InvalidArgumentError(`There is no ${unknown.join(", ")}. There are ${EVENT_TYPES.join(", ")}.`);
  }
  return types;
}
