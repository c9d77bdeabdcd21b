using Grpc.Core;
using ManagedOAuth.Foundation.Tests.Tester.V1;

namespace ManagedOAuth.Foundation.Tests.GrpcTests;

/// <summary>What the service of a test does; by default it echoes.</summary>
public sealed class TesterHandlers
{
    public UnaryServerMethod<Note, Note> Unary { get; set; } = (note, _) => Task.FromResult(note);

    public ServerStreamingServerMethod<Note, Note> ServerStream { get; set; } = async (note, responses, _) =>
    {
        for (var i = 1; i <= note.Number; i++)
        {
            await responses.WriteAsync(new Note { Text = note.Text, Number = i });
        }
    };

    public ClientStreamingServerMethod<Note, Note> ClientStream { get; set; } = async (requests, _) =>
    {
        var sum = new Note();
        await foreach (var note in requests.ReadAllAsync())
        {
            sum.Text += note.Text;
            sum.Number += note.Number;
        }

        return sum;
    };

    public DuplexStreamingServerMethod<Note, Note> Duplex { get; set; } = async (requests, responses, _) =>
    {
        await foreach (var note in requests.ReadAllAsync())
        {
            await responses.WriteAsync(note);
        }
    };
}

/// <summary>Marks the service class and one of its methods, for the tests of endpoint metadata.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class MarkAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>The service that most tests serve.</summary>
[Mark("class")]
public sealed class TesterService(TesterHandlers handlers) : Tester.V1.Tester.TesterBase
{
    [Mark("method")]
    public override Task<Note> Unary(Note request, ServerCallContext context) => handlers.Unary(request, context);

    public override Task ServerStream(Note request, IServerStreamWriter<Note> responseStream, ServerCallContext context) =>
        handlers.ServerStream(request, responseStream, context);

    public override Task<Note> ClientStream(IAsyncStreamReader<Note> requestStream, ServerCallContext context) =>
        handlers.ClientStream(requestStream, context);

    public override Task Duplex(IAsyncStreamReader<Note> requestStream, IServerStreamWriter<Note> responseStream, ServerCallContext context) =>
        handlers.Duplex(requestStream, responseStream, context);
}
