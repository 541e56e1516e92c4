import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from "@bufbuild/protobuf";
import { jsonOptions } from "../../rpc/json-options.ts";

/** Reads the requests of one method and writes its answers, in protobuf's binary format or in JSON. */
export interface Codec<I extends DescMessage = DescMessage, O extends DescMessage = DescMessage> {
  /** Throws for what is no message of the method's. */
  read(bytes: Buffer, json: boolean): MessageShape<I>;
  /** Bytes, or a string of one character a byte, which costs less where there is one anyway. */
  write(message: MessageInitShape<O>, json: boolean): Uint8Array | string;
}

/** By reflection, as connect does it, for methods that have no codec of their own. */
export function reflectiveCodec({ input, output }: DescMethodUnary): Codec {
  return {
    read: (bytes, json) =>
      json
        ? fromJsonString(input, jsonOptions.textDecoder.decode(bytes), jsonOptions)
        : fromBinary(input, bytes),
    write(init, json) {
      const message = create(output, init);
      return json ? Buffer.from(toJsonString(output, message)) : toBinary(output, message);
    },
  };
}
