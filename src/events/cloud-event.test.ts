import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { EVENT_TYPES } from "./event-type.ts";
import { exampleEvents } from "./examples.fixture.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const ajv = new Ajv({ strictTypes: false });
ajv.addFormat("uri", (text) => URL.canParse(text));
ajv.addFormat(
  "uri-reference",
  (text) => URL.canParse(text, "http://a.example") && !/[\s<>"\\^`{|}]/.test(text),
);
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const isCloudEvent = ajv.compile(JSON.parse(read("test/vectors/cloudevents.schema.json")));

const problems = (event: unknown) => (isCloudEvent(event) ? [] : isCloudEvent.errors);

test("every type is a CloudEvent by the official schema, with user ids, without, and erased", async () => {
  for (const how of [{}, { userIds: false }, { erased: true }]) {
    const events = await exampleEvents(how);
    expect(events.map(({ type }) => type).sort()).toEqual([...EVENT_TYPES].sort());
    for (const event of events) expect(problems(event)).toEqual([]);
    expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  }
  const [event] = await exampleEvents();
  expect(problems({ ...event, id: undefined })).not.toEqual([]);
  expect(problems({ ...event, subject: "" })).not.toEqual([]);
  expect(problems({ ...event, time: "yesterday" })).not.toEqual([]);
});

test("the documentation shows each of them as it is", async () => {
  const blocks = [...read("docs/events.md").matchAll(/```json\n(.*?)```/gs)].map(([, text]) =>
    JSON.parse(text!),
  );
  expect(blocks).toEqual(await exampleEvents());
});

test("who asks for no user ids gets none, and an erased user's are not there", async () => {
  expect(JSON.stringify(await exampleEvents())).toContain("user-1");
  expect(JSON.stringify(await exampleEvents({ userIds: false }))).not.toMatch(/user-1|userId/);
  expect(JSON.stringify(await exampleEvents({ erased: true }))).not.toContain("user-1");
});
