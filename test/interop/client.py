"""Calls Allot over gRPC with nothing but its descriptors: client.py HOST:PORT IMAGE.

Reads {"method": "CouponService/IssueCoupon", "request": {...}} a line and answers each with a line,
{"ok": {...}} or {"code": "NOT_FOUND", "details": "<base64 of google.rpc.Status>"}. With a "count" the method
answers with a stream, of which "ok" has so many messages in a list, or all there are.
"""

import base64
import itertools
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

target, image = sys.argv[1:]

files = descriptor_pb2.FileDescriptorSet()
with open(image, "rb") as opened:
    files.ParseFromString(opened.read())
pool = descriptor_pool.DescriptorPool()
for file in files.file:
    pool.Add(file)
factory = message_factory.MessageFactory(pool)


def call(channel, name, request, count):
    service, method_name = name.split("/")
    method = pool.FindServiceByName("allot.v1." + service).FindMethodByName(method_name)
    request_type = factory.GetPrototype(method.input_type)
    response_type = factory.GetPrototype(method.output_type)
    stub = (channel.unary_unary if count is None else channel.unary_stream)(
        "/allot.v1." + name,
        request_serializer=request_type.SerializeToString,
        response_deserializer=response_type.FromString,
    )
    try:
        response = stub(json_format.ParseDict(request, request_type()), timeout=10)
        if count is None:
            return {"ok": json_format.MessageToDict(response)}
        messages = [json_format.MessageToDict(one) for one in itertools.islice(response, count)]
        response.cancel()
        return {"ok": messages}
    except grpc.RpcError as error:
        metadata = dict(error.trailing_metadata() or ())
        details = metadata.get("grpc-status-details-bin", b"")
        return {"code": error.code().name, "details": base64.b64encode(details).decode()}


with grpc.insecure_channel(target) as channel:
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(call(channel, asked["method"], asked["request"], asked.get("count"))), flush=True)
