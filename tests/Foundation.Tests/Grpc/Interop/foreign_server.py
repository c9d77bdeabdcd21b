"""grpcio (gRPC's C core) as the server of the client under test. Prints its port; ends when its input does."""
import sys
import time
from concurrent import futures

import grpc

from tester_messages import note, parse


def unary(request, context):
    text, number, data = parse(request)
    if text == "error":
        context.set_trailing_metadata((("x-why-bin", b"\x01\x02"), ("x-text", "t")))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "größer\n100 %")
    if text == "slow":
        time.sleep(2)
    if text == "metadata":
        sent = dict(context.invocation_metadata())
        context.send_initial_metadata((("x-text", sent["x-text"]),))
        context.set_trailing_metadata((("x-raw-bin", sent["x-raw-bin"]),))
        return note(f"{context.time_remaining():.0f}")
    if text == "crash":
        raise ValueError("crash")
    return request


def server_stream(request, context):
    text, number, _ = parse(request)
    for i in range(1, number + 1):
        yield note(text, i)
    if text == "error":
        context.abort(grpc.StatusCode.ABORTED, f"after {number}")
    while text == "endless" and context.is_active():
        time.sleep(0.02)


def client_stream(requests, context):
    parsed = [parse(r) for r in requests]
    return note("".join(p[0] for p in parsed), sum(p[1] for p in parsed))


def duplex(requests, context):
    yield from requests


handlers = {
    "Unary": grpc.unary_unary_rpc_method_handler(unary),
    "ServerStream": grpc.unary_stream_rpc_method_handler(server_stream),
    "ClientStream": grpc.stream_unary_rpc_method_handler(client_stream),
    "Duplex": grpc.stream_stream_rpc_method_handler(duplex),
}
server = grpc.server(futures.ThreadPoolExecutor(8), options=[("grpc.max_send_message_length", -1)])
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("tester.v1.Tester", handlers),))
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
sys.stdin.read()
server.stop(0).wait()
