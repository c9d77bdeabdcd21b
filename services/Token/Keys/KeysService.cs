using System.Collections.Immutable;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>Hands the edges the keys that open access tokens and the published keys that verify assertions: all, then again at each change, in parts.</summary>
[AllowedCallers("edge")]
public sealed class KeysService(SealingKeys sealing, SigningKeys signing, TimeProvider clock) : Contracts.Token.Keys.KeysBase
{
    /// <summary>A frame stays far below what a message may be, however many applications there are.</summary>
    public const int KeysPerFrame = 2_000;

    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(10);

    public override async Task Watch(KeysRequest request, IServerStreamWriter<KeysFrame> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var cancellation = context.CancellationToken;
        (ImmutableDictionary<ulong, Sealing.SealingKey>? Sealing, byte[]? Published) sent = default;
        while (!cancellation.IsCancellationRequested)
        {
            var change = Task.WhenAny(sealing.Changed.Next, signing.Changed.Next);
            if (signing.Published is { } published)
            {
                var all = sealing.All;
                if (request.TakesParts && ReferenceEquals(all, sent.Sealing) && published.AsSpan().SequenceEqual(sent.Published))
                {
                    await responseStream.WriteAsync(new KeysFrame { ReadAt = Timestamp.FromDateTimeOffset(clock.GetUtcNow()), Unchanged = true }, cancellation);
                }
                else
                {
                    await SendAsync([.. all.Values], published, request.TakesParts ? KeysPerFrame : Math.Max(1, all.Count), responseStream, cancellation);
                    sent = (all, published);
                }
            }

            await Task.WhenAny(change, Task.Delay(s_heartbeat, clock, cancellation));
        }
    }

    private async Task SendAsync(IReadOnlyList<Sealing.SealingKey> all, byte[] published, int perFrame, IServerStreamWriter<KeysFrame> stream, CancellationToken cancellation)
    {
        for (var sent = 0; sent == 0 || sent < all.Count; sent += perFrame)
        {
            var frame = new KeysFrame
            {
                ReadAt = Timestamp.FromDateTimeOffset(clock.GetUtcNow()),
                Jwks = ByteString.CopyFrom(published),
                More = sent + perFrame < all.Count,
            };
            frame.SealingKeys.AddRange(all.Skip(sent).Take(perFrame).Select(key => new Contracts.Token.SealingKey
            {
                ApplicationId = key.ApplicationId.ToString(),
                KeyId = ByteString.CopyFrom(key.KeyId),
                Key = ByteString.CopyFrom(key.Key),
                NotAfter = Timestamp.FromDateTimeOffset(key.NotAfter),
            }));
            await stream.WriteAsync(frame, cancellation);
        }
    }
}
