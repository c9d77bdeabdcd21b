"""grpcio (gRPC's C core) as a client of the server under test. Usage: foreign_client.py HOST:PORT"""
import sys

import grpc

from tester_messages import note, parse

options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
channel = grpc.insecure_channel(sys.argv[1], options)
path = "/tester.v1.Tester/"
unary = channel.unary_unary(path + "Unary")
server_stream = channel.unary_stream(path + "ServerStream")
client_stream = channel.stream_unary(path + "ClientStream")
duplex = channel.stream_stream(path + "Duplex")


def fails(call, code, details=None):
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, (error.code(), error.details())
        assert details is None or error.details() == details, error.details()
        return error
    raise AssertionError(f"{code} was expected")


# Unary: messages of several sizes, metadata both ways.
assert parse(unary(note("héllo", 7))) == ("héllo", 7, b"")
assert len(parse(unary(note(data=bytes(1_000_000))))[2]) == 1_000_000
response, call = unary.with_call(note("metadata"), metadata=[("x-text", "v"), ("x-raw-bin", b"\x00\x01\xff")])
assert dict(call.initial_metadata())["x-text"] == "v", call.initial_metadata()
assert dict(call.trailing_metadata())["x-raw-bin"] == b"\x00\x01\xff", call.trailing_metadata()

# Errors.
error = fails(lambda: unary(note("error")), grpc.StatusCode.FAILED_PRECONDITION, "größer\n100 %")
assert dict(error.trailing_metadata())["x-why-bin"] == b"\x01\x02"
fails(lambda: unary(note("crash")), grpc.StatusCode.UNKNOWN, "Exception was thrown by handler.")
fails(lambda: unary(note(data=bytes(5_000_000))), grpc.StatusCode.RESOURCE_EXHAUSTED)
fails(lambda: unary(note("slow"), timeout=0.3), grpc.StatusCode.DEADLINE_EXCEEDED)
fails(lambda: channel.unary_unary(path + "Nothing")(b""), grpc.StatusCode.UNIMPLEMENTED, "Method is unimplemented.")
fails(lambda: channel.unary_unary("/nobody.Service/X")(b""), grpc.StatusCode.UNIMPLEMENTED, "Service is unimplemented.")
fails(lambda: unary(note("zip"), compression=grpc.Compression.Gzip), grpc.StatusCode.UNIMPLEMENTED)

# Streams.
assert [parse(m)[1] for m in server_stream(note("n", 1000))] == list(range(1, 1001))
assert parse(client_stream(note("x", i) for i in range(100))) == ("x" * 100, 4950, b"")
assert [parse(m)[1] for m in duplex(note("d", i) for i in range(1, 200))] == list(range(1, 200))
fails(lambda: list(server_stream(note("error", 3))), grpc.StatusCode.ABORTED, "after 3")
endless = server_stream(note("endless", 1))
next(endless)
endless.cancel()
fails(lambda: list(endless), grpc.StatusCode.CANCELLED)

# Health.
assert channel.unary_unary("/grpc.health.v1.Health/Check")(b"") == b"\x08\x01"

# The connection survived all of that.
assert parse(unary(note("end"))) == ("end", 0, b"")
print("ok")
