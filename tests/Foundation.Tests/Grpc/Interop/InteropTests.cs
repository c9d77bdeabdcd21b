using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Interop;

/// <summary>Each side against another implementation: Debian's python3-grpcio, which is gRPC's C core.</summary>
public sealed class InteropTests
{
    [Fact]
    public async Task OurServer_ForeignClient_AllIsWell()
    {
        await using var host = await GrpcHost.StartAsync(
            new()
            {
                Unary = UnaryAsync,
                ServerStream = StreamAsync,
            },
            services: collection => collection.AddGrpcHealthChecks(),
            map: app => app.MapGrpcHealthChecksService());
        using var python = Start("foreign_client.py", new Uri(host.Address).Authority);
        var (output, errors) = (python.StandardOutput.ReadToEndAsync(), python.StandardError.ReadToEndAsync());
        await python.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(python.ExitCode == 0 && (await output).Trim() == "ok", await errors);
    }

    [Fact]
    public async Task OurClient_ForeignServer_AllIsWell()
    {
        using var python = Start("foreign_server.py");
        try
        {
            var port = await python.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(1));
            using var channel = GrpcChannel.ForAddress($"http://127.0.0.1:{port}", new GrpcChannelOptions { DefaultDeadline = TimeSpan.FromMinutes(1) });
            await CheckAsync(new Tester.V1.Tester.TesterClient(channel));
        }
        finally
        {
            python.StandardInput.Close();
            await python.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }
    }

    private static async Task CheckAsync(Tester.V1.Tester.TesterClient client)
    {
        var note = new Note { Text = "héllo", Number = 7, Data = ByteString.CopyFrom(new byte[1_000_000]) };
        Assert.Equal(note, await client.UnaryAsync(note));

        using var call = client.UnaryAsync(new Note { Text = "metadata" }, new Metadata { { "x-text", "v" }, { "x-raw-bin", [0, 1, 255] } }, DateTime.UtcNow.AddSeconds(100));
        Assert.InRange(int.Parse((await call).Text, CultureInfo.InvariantCulture), 50, 100);
        Assert.Equal("v", (await call.ResponseHeadersAsync).GetValue("x-text"));
        Assert.Equal([0, 1, 255], call.GetTrailers().GetValueBytes("x-raw-bin"));

        var error = await FailsAsync(client.UnaryAsync(new Note { Text = "error" }).ResponseAsync, StatusCode.FailedPrecondition);
        Assert.Equal("größer\n100 %", error.Status.Detail);
        Assert.Equal([1, 2], error.Trailers.GetValueBytes("x-why-bin"));
        await FailsAsync(client.UnaryAsync(new Note { Text = "crash" }).ResponseAsync, StatusCode.Unknown);
        await FailsAsync(client.MissingAsync(new Note()).ResponseAsync, StatusCode.Unimplemented);
        await FailsAsync(client.UnaryAsync(new Note { Text = "slow" }, deadline: DateTime.UtcNow.AddMilliseconds(200)).ResponseAsync, StatusCode.DeadlineExceeded);

        using var stream = client.ServerStream(new Note { Text = "n", Number = 1000 });
        Assert.Equal(Enumerable.Range(1, 1000), (await stream.ResponseStream.ReadAllAsync().ToListAsync()).Select(n => (int)n.Number));
        using var broken = client.ServerStream(new Note { Text = "error", Number = 2 });
        Assert.True(await broken.ResponseStream.MoveNext() && await broken.ResponseStream.MoveNext());
        await FailsAsync(broken.ResponseStream.MoveNext(), StatusCode.Aborted);
        using (var endless = client.ServerStream(new Note { Text = "endless", Number = 1 }))
        {
            Assert.True(await endless.ResponseStream.MoveNext());
        }

        using var sum = client.ClientStream();
        using var duplex = client.Duplex();
        for (var i = 1; i <= 100; i++)
        {
            await sum.RequestStream.WriteAsync(new Note { Text = "x", Number = i });
            await duplex.RequestStream.WriteAsync(new Note { Number = i });
            Assert.True(await duplex.ResponseStream.MoveNext());
            Assert.Equal(i, duplex.ResponseStream.Current.Number);
        }

        await sum.RequestStream.CompleteAsync();
        Assert.Equal(5050, (await sum).Number);
        await duplex.RequestStream.CompleteAsync();
        Assert.False(await duplex.ResponseStream.MoveNext());
    }

    private static async Task<RpcException> FailsAsync(Task call, StatusCode code)
    {
        var error = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(code, error.StatusCode);
        return error;
    }

    private static async Task<Note> UnaryAsync(Note note, ServerCallContext context)
    {
        switch (note.Text)
        {
            case "error":
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "größer\n100 %"), new Metadata { { "x-why-bin", [1, 2] } });
            case "crash":
                throw new InvalidOperationException("secret");
            case "slow":
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                break;
            case "metadata":
                await context.WriteResponseHeadersAsync(new() { context.RequestHeaders.Get("x-text")! });
                context.ResponseTrailers.Add(context.RequestHeaders.Get("x-raw-bin")!);
                break;
        }

        return note;
    }

    private static async Task StreamAsync(Note note, IServerStreamWriter<Note> responses, ServerCallContext context)
    {
        for (var i = 1; i <= note.Number; i++)
        {
            await responses.WriteAsync(new Note { Number = i });
        }

        switch (note.Text)
        {
            case "error":
                throw new RpcException(new Status(StatusCode.Aborted, $"after {note.Number}"));
            case "endless":
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
                break;
        }
    }

    private static Process Start(string script, params string[] arguments) => Process.Start(new ProcessStartInfo(
        "/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Grpc", "Interop", script), .. arguments])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
