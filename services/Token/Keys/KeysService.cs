using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Keys;

/// <summary>Hands the edges the keys that open access tokens and the published keys that verify assertions: all, then again at each change.</summary>
[AllowedCallers("edge")]
public sealed class KeysService(SealingKeys sealing, SigningKeys signing, TimeProvider clock) : Contracts.Token.Keys.KeysBase
{
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(10);

    public override async Task Watch(KeysRequest request, IServerStreamWriter<KeysFrame> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var cancellation = context.CancellationToken;
        while (!cancellation.IsCancellationRequested)
        {
            var change = Task.WhenAny(sealing.Changed.Next, signing.Changed.Next);
            if (signing.Published is { } published)
            {
                await responseStream.WriteAsync(Frame(published), cancellation);
            }

            await Task.WhenAny(change, Task.Delay(s_heartbeat, clock, cancellation));
        }
    }

    private KeysFrame Frame(byte[] published)
    {
        var frame = new KeysFrame { ReadAt = Timestamp.FromDateTimeOffset(clock.GetUtcNow()), Jwks = ByteString.CopyFrom(published) };
        frame.SealingKeys.AddRange(sealing.All.Select(key => new Contracts.Token.SealingKey
        {
            ApplicationId = key.ApplicationId.ToString(),
            KeyId = ByteString.CopyFrom(key.KeyId),
            Key = ByteString.CopyFrom(key.Key),
            NotAfter = Timestamp.FromDateTimeOffset(key.NotAfter),
        }));
        return frame;
    }
}
