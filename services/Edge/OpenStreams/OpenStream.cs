using System.Net;
using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.OpenStreams;

/// <summary>A request that lasts: an event stream, a WebSocket, a long answer or upload.</summary>
internal sealed class OpenStream(OpenStreamList list, VerifiedCredential credential, Guid applicationId, IPAddress? client, Action end) : IDisposable
{
    public VerifiedCredential Credential { get; } = credential;

    public Guid ApplicationId { get; } = applicationId;

    public IPAddress? Client { get; } = client;

    /// <summary>Ends it: its connection to the client is cut.</summary>
    public void End() => end();

    public void Dispose() => list.Remove(this);
}
