using Google.Protobuf;
using Grpc.Core;
using Grpc.Wire;
using ManagedOAuth.Foundation.Tests.Tester.V1;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Wire;

public sealed class FrameWriterTests
{
    private static readonly Marshaller<Note> s_buffered = Marshallers.Create<Note>(
        (note, context) =>
        {
            context.SetPayloadLength(note.CalculateSize());
            note.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => Note.Parser.ParseFrom(context.PayloadAsReadOnlySequence()));

    private static readonly Marshaller<Note> s_arrays = Marshallers.Create(note => note.ToByteArray(), bytes => Note.Parser.ParseFrom(bytes));

    private static readonly Marshaller<Note> s_unannounced = Marshallers.Create<Note>(
        (note, context) =>
        {
            note.WriteTo(context.GetBufferWriter());
            context.Complete();
        },
        context => Note.Parser.ParseFrom(context.PayloadAsNewBuffer()));

    public static TheoryData<int> Sizes => [0, 1, 250, 251, 252, 4096, 100_000];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Serialize_EachKindOfSerializer_GivesHeaderAndPayload(int size)
    {
        var note = new Note { Data = ByteString.CopyFrom(new byte[size]), Number = size };
        foreach (var marshaller in new[] { s_buffered, s_arrays, s_unannounced })
        {
            var writer = FrameWriter.Serialize(marshaller, note, limit: null);
            Assert.Equal(Raw.Frame(note), writer.Frame.ToArray());
            writer.Release();
        }
    }

    [Fact]
    public void Serialize_EmptyMessage_IsAHeaderAlone() => Assert.Equal(new byte[5], FrameWriter.Serialize(s_buffered, new Note(), 0).Frame.ToArray());

    [Fact]
    public void Serialize_LargerThanTheLimit_IsResourceExhausted()
    {
        var note = new Note { Text = "12345" };
        foreach (var marshaller in new[] { s_buffered, s_arrays, s_unannounced })
        {
            var size = note.CalculateSize();
            FrameWriter.Serialize(marshaller, note, size);
            var error = Assert.Throws<RpcException>(() => FrameWriter.Serialize(marshaller, note, size - 1));
            Assert.Equal(StatusCode.ResourceExhausted, error.StatusCode);
        }
    }

    [Fact]
    public void Serialize_SerializerThatDoesNotComplete_IsRefused() => Assert.Throws<InvalidOperationException>(() =>
        FrameWriter.Serialize(Marshallers.Create<Note>((_, _) => { }, _ => new Note()), new Note(), null));
}
