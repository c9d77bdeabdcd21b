using System.Collections.Concurrent;
using System.Net;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.OpenStreams;

/// <summary>
/// All requests that last. Whoever was let in is asked again here, by the same check as a new request: each second, and at once when a
/// grant ends or the configuration changes.
/// </summary>
internal sealed class OpenStreamList(RouteTableSource routes, AccessCheck check)
{
    private readonly ConcurrentDictionary<OpenStream, byte> _streams = new(ReferenceEqualityComparer.Instance as IEqualityComparer<OpenStream>);

    public int Count => _streams.Count;

    public OpenStream Open(VerifiedCredential credential, Guid applicationId, IPAddress? client, Action end)
    {
        var stream = new OpenStream(this, credential, applicationId, client, end);
        _streams[stream] = 0;

        // What ended between the check of the request and this moment has been swept past.
        EndIfOver(stream);
        return stream;
    }

    public void Remove(OpenStream stream) => _streams.TryRemove(stream, out _);

    /// <summary>Ends every stream that a new request with its credential would no longer get. Others are not touched.</summary>
    /// <returns>How many were ended.</returns>
    public int Sweep()
    {
        var ended = 0;
        foreach (var (stream, _) in _streams)
        {
            ended += EndIfOver(stream) ? 1 : 0;
        }

        return ended;
    }

    private bool EndIfOver(OpenStream stream)
    {
        var application = routes.Current?.FindApplication(stream.ApplicationId);
        if (application is not null
            && (application.ManagedOAuth || stream.Credential.Kind != CredentialKind.AccessToken)
            && check.Check(stream.Credential, application, stream.Client) == CredentialProblem.None)
        {
            return false;
        }

        Remove(stream);
        stream.End();
        return true;
    }
}
