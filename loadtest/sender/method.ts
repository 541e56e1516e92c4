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
  input: DescMessage;
  output: DescMessage;
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
  { parent, name, input, output }: DescMethodUnary<I, O>,
  read: (response: MessageShape<O>) => Answer,
): ((request: MessageInitShape<I>) => Ask) => {
  const method: Method = {
    path: `/${parent.typeName}/${name}`,
    input,
    output,
    read: (response) => read(response as MessageShape<O>),
  };
  return (request) => ({ method, message: create(input, request) });
};
