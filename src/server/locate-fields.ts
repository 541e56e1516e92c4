import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from "@bufbuild/protobuf";
import type { FieldProblem } from "../rpc/errors.ts";

const mostProblems = 20;

const scalarProblems: Partial<Record<ScalarType, string>> = {
  [ScalarType.STRING]: "must be a string of valid Unicode",
  [ScalarType.BOOL]: "must be true or false",
  [ScalarType.BYTES]: "must be base64 in a string",
  [ScalarType.UINT32]: "must be a whole number from 0 to 4294967295",
  [ScalarType.INT32]: "must be a whole number from -2147483648 to 2147483647",
  [ScalarType.UINT64]: "must be a whole number from 0 to 18446744073709551615",
  [ScalarType.INT64]: "must be a whole number from -9223372036854775808 to 9223372036854775807",
};

const messageProblems: Record<string, string> = {
  "google.protobuf.Timestamp": 'must be a time such as "2026-11-20T09:00:00Z" (RFC 3339)',
  "google.protobuf.Duration": 'must be a duration such as "1.5s"',
  "google.protobuf.FieldMask":
    'must be field names in lowerCamelCase with commas between, such as "name,endTime"',
};

/**
 * Which fields of a JSON value keep it from being a message of this type, by their path in the proto (`campaign.prizes[0].quota`); at most
 * 20, none if the value is a valid message. Whether a value fits is left to the decoder: each is tried by itself.
 */
export function locateFields(message: DescMessage, json: JsonValue): FieldProblem[] {
  const problems = [...problemsOf(message, json, "").take(mostProblems)];
  if (problems.length > 0 || fits(message, json)) return problems;
  return [{ field: "", problem: "names the same field twice, or two fields of which only one can be set" }];
}

function* problemsOf(message: DescMessage, json: JsonValue, path: string): Generator<FieldProblem> {
  const special = messageProblems[message.typeName];
  if (special !== undefined) {
    if (!fits(message, json)) yield { field: path, problem: special };
    return;
  }
  if (!isObject(json)) {
    yield { field: path, problem: "must be an object" };
    return;
  }
  for (const [key, value] of Object.entries(json)) {
    const field = message.fields.find(({ name, jsonName }) => name === key || jsonName === key);
    const fieldPath = path === "" ? (field?.name ?? key) : `${path}.${field?.name ?? key}`;
    if (field === undefined) yield { field: fieldPath, problem: `is not a field of ${message.name}` };
    else if (value !== null) yield* problemsOfField(message, field, value, fieldPath);
  }
}

function* problemsOfField(
  message: DescMessage,
  field: DescField,
  json: JsonValue,
  path: string,
): Generator<FieldProblem> {
  if (field.fieldKind === "list") {
    if (!Array.isArray(json)) yield { field: path, problem: "must be a list" };
    else {
      for (const [index, item] of json.entries()) {
        yield* problemsOfValue(message, field, item, [item], `${path}[${index}]`);
      }
    }
  } else if (field.fieldKind === "map") {
    if (!isObject(json)) yield { field: path, problem: "must be an object" };
    else {
      for (const [key, value] of Object.entries(json)) {
        yield* problemsOfValue(message, field, value, { [key]: value }, `${path}[${JSON.stringify(key)}]`);
      }
    }
  } else {
    yield* problemsOfValue(message, field, json, json, path);
  }
}

/** One value of a field; `whole` is the value as the field holds it, in a list or an object where it is one. */
function* problemsOfValue(
  message: DescMessage,
  field: DescField,
  json: JsonValue,
  whole: JsonValue,
  path: string,
): Generator<FieldProblem> {
  if (field.message !== undefined) yield* problemsOf(field.message, json, path);
  else if (!fits(message, { [field.jsonName]: whole })) {
    yield { field: path, problem: field.enum ? enumProblem(field.enum) : scalarProblem(field) };
  }
}

function enumProblem({ values }: DescEnum): string {
  return `must be one of ${values.map(({ name }) => name).join(", ")}`;
}

function scalarProblem(field: DescField): string {
  return (field.scalar !== undefined && scalarProblems[field.scalar]) || "has a value of the wrong type";
}

function fits(message: DescMessage, json: JsonValue): boolean {
  try {
    fromJson(message, json);
    return true;
  } catch {
    return false;
  }
}

function isObject(json: JsonValue): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}
