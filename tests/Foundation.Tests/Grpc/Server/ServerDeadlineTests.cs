using System.Diagnostics;
using Grpc.Core;
using ManagedOAuth.Foundation.Tests.Tester.V1;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Server;

/// <summary>The server's own deadline: the client of these tests never gives up by itself.</summary>
public sealed class ServerDeadlineTests
{
    [Fact]
    public async Task Unary_HandlerIgnoresItsToken_IsAnsweredAtTheDeadline()
    {
        var (release, isEntered) = (new TaskCompletionSource(), false);
        await using var host = await GrpcHost.StartAsync(new() { Unary = async (note, _) => { isEntered = true; await release.Task; return note; } });
        await WithGrowingDeadlineAsync(
            host, () => isEntered, async response => Assert.Equal((StatusCode.DeadlineExceeded, "Deadline Exceeded", true), await Raw.StatusAsync(response)));
        release.SetResult();
    }

    [Fact]
    public async Task Unary_HandlerListens_IsCancelled()
    {
        var (cancelled, isEntered) = (new TaskCompletionSource(), false);
        await using var host = await GrpcHost.StartAsync(new()
        {
            Unary = async (note, context) =>
            {
                isEntered = true;
                try
                {
                    await Task.Delay(Timeout.Infinite, context.CancellationToken);
                }
                catch (OperationCanceledException)
                {
                    cancelled.TrySetResult();
                    throw;
                }

                return note;
            },
        });
        await WithGrowingDeadlineAsync(host, () => isEntered, async response => Assert.Equal(StatusCode.DeadlineExceeded, (await Raw.StatusAsync(response)).Code));
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    // A busy machine may need a short deadline for coming to the handler at all, or for saying how it ended.
    private static async Task WithGrowingDeadlineAsync(GrpcHost host, Func<bool> isEntered, Func<HttpResponseMessage, Task> check)
    {
        for (var deadline = 50; ; deadline *= 5)
        {
            try
            {
                using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(new Note()), headers: ("grpc-timeout", $"{deadline}m"));
                if (isEntered() || deadline > 20_000)
                {
                    await check(response);
                    return;
                }
            }
            catch (HttpRequestException) when (deadline < 20_000)
            {
            }
        }
    }

    [Fact]
    public async Task Stream_UntilTheDeadline_KeepsItsMessagesAndEndsWithTheStatus()
    {
        TaskCompletionSource<Exception?> after = null!;
        await using var host = await GrpcHost.StartAsync(new()
        {
            ServerStream = async (_, responses, context) =>
            {
                await responses.WriteAsync(new Note { Number = 1 });
                await Record.ExceptionAsync(() => Task.Delay(Timeout.Infinite, context.CancellationToken));
                after.TrySetResult(await Record.ExceptionAsync(() => responses.WriteAsync(new Note { Number = 2 })));
            },
        });
        for (var deadline = 200; ; deadline *= 5)
        {
            after = new TaskCompletionSource<Exception?>();
            using var response = await Raw.PostAsync(host, Raw.ServerStreamPath, Raw.Frame(new Note()), headers: ("grpc-timeout", $"{deadline}m"));
            var body = await response.Content.ReadAsByteArrayAsync();
            if (body.Length == 0 && deadline < 20_000)
            {
                // A busy machine needed all that time to come to the first message.
                continue;
            }

            Assert.Equal(1, Raw.Unframe(body).Number);
            Assert.Equal((StatusCode.DeadlineExceeded, "Deadline Exceeded", false), await Raw.StatusAsync(response));
            Assert.IsType<InvalidOperationException>(await after.Task.WaitAsync(TimeSpan.FromSeconds(30)));
            return;
        }
    }

    [Fact]
    public async Task Deadline_OfTheContext_IsWhatTheCallerSet()
    {
        DateTime seen = default;
        await using var host = await GrpcHost.StartAsync(new() { Unary = (note, context) => { seen = context.Deadline; return Task.FromResult(note); } });
        var before = DateTime.UtcNow;
        (await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(new Note()), headers: ("grpc-timeout", "1H"))).Dispose();
        Assert.InRange(seen, before.AddHours(1), DateTime.UtcNow.AddHours(1));
        Assert.Equal(DateTimeKind.Utc, seen.Kind);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("0m")]
    [InlineData("5s")]
    public async Task Timeout_Malformed_IsIgnored(string timeout)
    {
        await using var host = await GrpcHost.StartAsync(new() { Unary = (_, context) => Task.FromResult(new Note { Text = context.Deadline.Year.ToString(System.Globalization.CultureInfo.InvariantCulture) }) });
        using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(new Note()), headers: ("grpc-timeout", timeout));
        Assert.Equal("9999", Raw.Unframe(await response.Content.ReadAsByteArrayAsync()).Text);
    }

    [Fact]
    public async Task ManyCalls_AroundTheirDeadline_EachEndsOnceWithOneOfTwoStatuses()
    {
        // The handler's end and the timer race on purpose.
        await using var host = await GrpcHost.StartAsync(new() { Unary = async (note, _) => { await Task.Delay(20); return note; } });
        var codes = await Task.WhenAll(Enumerable.Range(0, 200).Select(async i =>
        {
            var began = Stopwatch.GetTimestamp();
            try
            {
                using var response = await Raw.PostAsync(host, Raw.UnaryPath, Raw.Frame(new Note { Number = i }), headers: ("grpc-timeout", "20m"));
                return (await Raw.StatusAsync(response)).Code;
            }
            catch (Exception reset) when (reset.GetBaseException() is HttpProtocolException { ErrorCode: 8 } && Stopwatch.GetElapsedTime(began) > TimeSpan.FromSeconds(1))
            {
                // A server that cannot tell the status for a second resets the stream (CANCEL), which says the same.
                return StatusCode.DeadlineExceeded;
            }
        }));
        Assert.All(codes, code => Assert.True(code is StatusCode.OK or StatusCode.DeadlineExceeded, code.ToString()));
        await Eventually.Async(async () => (await host.Client.UnaryAsync(new Note { Number = 1 })).Number == 1);
    }
}
