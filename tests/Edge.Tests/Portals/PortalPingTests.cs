using System.Text;
using ManagedOAuth.Edge.Portals.Streams;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>A stream on which nothing happens, by a clock of the test.</summary>
public sealed class PortalPingTests
{
    private readonly Clock _clock = new();
    private readonly MemoryStream _body = new();
    private readonly DefaultHttpContext _context = new();

    public PortalPingTests() => _context.Response.Body = _body;

    [Fact]
    public async Task IdleStream_IsPingedForAsLongAsItIsOpen_AndNeverEndsByItself()
    {
        await using var stream = new ClientStream(_context, null, _clock);
        await stream.OpenAsync();
        Assert.Equal("", Text);

        // Each silence is one ping: three days of them.
        const int Pings = 3 * 24 * 60 * 60 / 25;
        for (var i = 0; i < Pings; i++)
        {
            Assert.Equal(TimeSpan.FromSeconds(25), _clock.Due);
            _clock.Fire();
        }

        Assert.Equal(Pings, Text.Split(": ping\n\n").Length - 1);
        await stream.SendAsync("""{"jsonrpc":"2.0","method":"x"}"""u8.ToArray());
        Assert.EndsWith("data: {\"jsonrpc\":\"2.0\",\"method\":\"x\"}\n\n", Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnswerThatTakesLong_BecomesAStream_SoThatNobodyTakesItForDead()
    {
        await using var stream = new ClientStream(_context, null, _clock);
        Assert.Equal(TimeSpan.FromSeconds(5), _clock.Due);
        _clock.Fire();
        Assert.Equal("text/event-stream", _context.Response.ContentType);
        await stream.CompleteAsync("""{"jsonrpc":"2.0","id":1,"result":{}}"""u8.ToArray());
        _clock.Fire();
        Assert.Equal(": ping\n\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n", Text);
    }

    private string Text => Encoding.UTF8.GetString(_body.ToArray());

    /// <summary>One timer, which goes off when told to.</summary>
    private sealed class Clock : TimeProvider
    {
        private TimerCallback? _callback;
        private object? _state;

        public TimeSpan Due { get; private set; }

        public void Fire() => _callback!(_state);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            (_callback, _state, Due) = (callback, state, dueTime);
            return new Timer(this);
        }

        private sealed class Timer(Clock clock) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period)
            {
                clock.Due = dueTime;
                return true;
            }

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }
}
