import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type Message,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import type { Answer } from "../record/answer.ts";

/** A method of the service, as the senders need it. */
export interface Method {
  /** /package.Service/Method, which gRPC and Connect have in common. */
  path: string;
  desc: DescMethodUnary;
  /** What a response says. */
  read(response: Message): Answer;
}

/** A request, and the method it is for. */
export interface Ask {
  method: Method;
  message: Message;
}

/** Makes requests of a method; `read` says what its responses mean. */
export const asking = <I extends DescMessage, O extends DescMessage>(
  desc: DescMethodUnary<I, O>,
  read: (response: MessageShape<O>) => Answer,
): ((request: MessageInitShape<I>) => Ask) => {
  const method: Method = {
    path: `/${desc.parent.typeName}/${desc.name}`,
    desc,
    read: (response) => read(response as MessageShape<O>),
  };
  return (request) => ({ method, message: create(desc.input, request) });
};
