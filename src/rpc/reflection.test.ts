import { create, createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTarget, type Target } from "../../test/interop/target.ts";
import { ServerReflection as V1 } from "../gen/grpc/reflection/v1/reflection_pb.js";
import { ServerReflection as V1Alpha } from "../gen/grpc/reflection/v1alpha/reflection_pb.js";

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.stop(1_000));

type Question = {
  case: "listServices" | "fileByFilename" | "fileContainingSymbol" | "allExtensionNumbersOfType";
  value: string;
};

describe.each([V1, V1Alpha])("$typeName", (service) => {
  /** Asks on one stream, as tools do. */
  async function ask(...questions: Question[]) {
    const client = createClient(service as typeof V1, createGrpcTransport({ baseUrl: target.url }));
    const answers = [];
    async function* requests() {
      for (const messageRequest of questions) yield { host: "here", messageRequest };
    }
    for await (const answer of client.serverReflectionInfo(requests())) answers.push(answer);
    return answers.map(({ validHost, originalRequest, messageResponse }, index) => {
      expect(validHost).toBe("here");
      expect(originalRequest?.messageRequest).toEqual(questions[index]);
      return messageResponse;
    });
  }

  async function filesFor(...questions: Question[]) {
    return (await ask(...questions)).map(({ case: kind, value }) =>
      kind === "fileDescriptorResponse"
        ? value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes))
        : [],
    );
  }

  test("lists the services", async () => {
    const [answer] = await ask({ case: "listServices", value: "" });
    expect(answer).toMatchObject({
      value: {
        service: [
          { name: "allot.v1.CampaignService" },
          { name: "allot.v1.CouponService" },
          { name: "grpc.health.v1.Health" },
          { name: "grpc.reflection.v1.ServerReflection" },
          { name: "grpc.reflection.v1alpha.ServerReflection" },
        ],
      },
    });
  });

  test.each([
    "allot.v1.CouponService",
    "allot.v1.CouponService.IssueCoupon",
    "allot.v1.IssueCouponRequest",
    "allot.v1.IssueCouponRequest.user_id",
    "allot.v1.IssueCouponResponse.outcome",
    "allot.v1.Coupon.State",
    "allot.v1.Coupon.STATE_ISSUED",
  ])("gives the file with %s, complete with its imports", async (value) => {
    const [file = []] = await filesFor({ case: "fileContainingSymbol", value });
    expect(file[0]!.name).toBe("allot/v1/coupon.proto");
    const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: file.toReversed() }));
    expect(
      registry.getService("allot.v1.CouponService")?.method.issueCoupon?.output.fields[1]?.message?.typeName,
    ).toBe("allot.v1.Refusal");
  });

  test("gives a file by its name, and imports once on a stream", async () => {
    const [first, second] = await filesFor(
      { case: "fileByFilename", value: "allot/v1/coupon.proto" },
      { case: "fileByFilename", value: "allot/v1/campaign.proto" },
    );
    const names = (files: { name: string }[] = []) => files.map(({ name }) => name);
    expect(names(first)).toEqual([
      "allot/v1/coupon.proto",
      "allot/v1/refusal.proto",
      "google/protobuf/timestamp.proto",
      "google/protobuf/duration.proto",
    ]);
    expect(names(second)).toEqual(["allot/v1/campaign.proto", "google/protobuf/field_mask.proto"]);
  });

  test.each<Question>([
    { case: "fileByFilename", value: "nope.proto" },
    { case: "fileContainingSymbol", value: "allot.v1.Nope" },
    { case: "fileContainingSymbol", value: "allot.v1.CouponService.Nope" },
    { case: "fileContainingSymbol", value: "" },
    { case: "allExtensionNumbersOfType", value: "allot.v1.Nope" },
  ])("answers $case of '$value' with NOT_FOUND and goes on", async (question) => {
    const [answer, next] = await ask(question, { case: "listServices", value: "" });
    expect(answer).toMatchObject({ case: "errorResponse", value: { errorCode: Code.NotFound } });
    expect(next?.case).toBe("listServicesResponse");
  });
});
