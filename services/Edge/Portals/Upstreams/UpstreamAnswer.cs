using System.Net;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>Reads the messages of a server's answer, within limits of size, number and silence.</summary>
internal static class UpstreamAnswer
{
    /// <summary>Longest message, in bytes.</summary>
    public const int MaximumMessage = 16 * 1024 * 1024;

    /// <summary>Longest answer, in bytes.</summary>
    public const long MaximumAnswer = 64L * 1024 * 1024;

    /// <summary>Most messages of an answer.</summary>
    public const int MaximumMessages = 10_000;

    /// <summary>The messages, one after the other, until the answer ends.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="heard">Called at each message: the time for silence begins anew.</param>
    /// <param name="position">Gets how far an event stream was read.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <exception cref="UpstreamException">The answer is no answer, or too long.</exception>
    public static async IAsyncEnumerable<RpcMessage> ReadAsync(
        HttpResponseMessage response, Action heard, StreamPosition position, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentEncoding.Count > 0)
        {
            throw Bad("The server compressed its answer without being asked to.");
        }

        var type = response.Content.Headers.ContentType?.MediaType;
        await using var body = new BoundedStream(await response.Content.ReadAsStreamAsync(cancellation), MaximumAnswer);
        if (string.Equals(type, "text/event-stream", StringComparison.OrdinalIgnoreCase))
        {
            var count = 0;
            var events = SseParser.Create(body, static (_, data) => data.ToArray());
            await foreach (var item in events.EnumerateAsync(cancellation))
            {
                body.Forget(MaximumMessage);
                position.Note(events);
                if (item.EventType is not "message" || item.Data.Length == 0)
                {
                    continue;
                }

                if (++count > MaximumMessages)
                {
                    throw Bad("The server sends messages without an end.");
                }

                heard();
                yield return Parse(item.Data);
            }

            position.Note(events);
        }
        else if (string.Equals(type, "application/json", StringComparison.OrdinalIgnoreCase))
        {
            body.Forget(MaximumMessage);
            using var buffer = new MemoryStream();
            await body.CopyToAsync(buffer, cancellation);
            heard();
            yield return Parse(buffer.ToArray());
        }
        else
        {
            throw Bad("The server answers with something that is neither JSON nor an event stream.");
        }
    }

    /// <summary>A stream with a limit of its whole length, and of the length between two calls of <c>Forget</c>.</summary>
    internal static BoundedStream Bound(Stream inner, long limit) => new(inner, limit);

    private static RpcMessage Parse(byte[] data)
        => RpcMessage.TryRead(data, isStrict: false, out var message) is null ? message! : throw Bad("The server sent something that is no message.");

    private static UpstreamException Bad(string message) => new(PortalOutcomes.UpstreamError, message);

    /// <summary>A stream that breaks off beyond its limits.</summary>
    internal sealed class BoundedStream(Stream inner, long limit) : Stream
    {
        private long _total;
        private long _stretch;
        private long _stretchLimit = MaximumMessage;
        private long _reads;

        /// <summary>How often anything came.</summary>
        public long Reads => Volatile.Read(ref _reads);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        /// <summary>A message ended: the next may be as long again.</summary>
        public void Forget(long next) => (_stretch, _stretchLimit) = (0, next);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read;
            try
            {
                read = await inner.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException)
            {
                throw new UpstreamException(PortalOutcomes.Unavailable, "The connection to the server broke.", broken) { IsServerFault = true };
            }

            Interlocked.Increment(ref _reads);
            _total += read;
            _stretch += read;
            return _total <= limit && _stretch <= _stretchLimit ? read : throw Bad("The server's answer is too long.");
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
            => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    /// <summary>
    /// The error that an answer without success holds; null when it holds none. Errors of the protocol come with statuses of their own (2026-07-28);
    /// anything else that is not success is the server's HTTP layer, which may speak JSON-RPC too, but cannot know the request's id: a session that is over is told so.
    /// </summary>
    public static async Task<RpcMessage?> ErrorOfAsync(HttpResponseMessage response, JsonElement id, CancellationToken cancellation)
    {
        if (response.StatusCode is not (HttpStatusCode.BadRequest or HttpStatusCode.NotFound) || response.Content.Headers.ContentType?.MediaType != "application/json")
        {
            return null;
        }

        try
        {
            await foreach (var message in ReadAsync(response, static () => { }, new StreamPosition(), cancellation))
            {
                return message.Kind == RpcKind.Response && message.Error.ValueKind == JsonValueKind.Object && JsonElement.DeepEquals(message.Id, id) ? message : null;
            }
        }
        catch (UpstreamException)
        {
            // No message of the protocol: the status says it all.
        }

        return null;
    }
}
