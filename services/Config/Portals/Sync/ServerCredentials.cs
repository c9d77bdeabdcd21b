using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Contracts.Upstream;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>What a server is shown when it is read: the administrator's credential, never a user's, and where it wants one the assertion that this product asks.</summary>
public sealed class ServerCredentials(
    McpServerSecrets secrets, UpstreamCredentials.UpstreamCredentialsClient upstream, ReadingAssertions.ReadingAssertionsClient assertions, ConfigurationLog log, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private static readonly Dictionary<string, string> s_none = [];

    /// <summary>The credential.</summary>
    /// <param name="server">The server.</param>
    /// <param name="refused">The id of the one that the server has just refused; empty = none.</param>
    /// <param name="ct">Cancels.</param>
    /// <exception cref="Grpc.Core.RpcException">The authorization server, that of the MCP server, or who makes assertions does not answer.</exception>
    public async Task<ServerCredential> GetAsync(McpServer server, string refused, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(server);
        var credential = await LoginAsync(server, refused, ct);
        if (!credential.IsUsable || !server.SendAssertion || ServerApplications.Of(server.ServerId, log.Current.Snapshot).FirstOrDefault() is not { } application)
        {
            return credential;
        }

        var reply = await assertions.MintAsync(new MintReadingAssertionRequest { ApplicationId = application.Id.ToString() }, deadline: Deadline, cancellationToken: ct);
        return credential with { Headers = new Dictionary<string, string>(credential.Headers, StringComparer.OrdinalIgnoreCase) { [AssertionHeader.Name] = reply.Assertion } };
    }

    private DateTime Deadline => (clock.GetUtcNow() + s_patience).UtcDateTime;

    private async Task<ServerCredential> LoginAsync(McpServer server, string refused, CancellationToken ct)
    {
        switch (server.AuthType)
        {
            case McpAuthType.Unauthenticated:
                return new ServerCredential(McpConnectionState.NotRequired, s_none, "");
            case McpAuthType.Bearer:
                return new ServerCredential(McpConnectionState.NotRequired, secrets.Open(server).Headers ?? s_none, "");
            default:
                var reply = await upstream.GetAsync(
                    new UpstreamCredentialRequest { ServerId = server.Id.ToString(), ServerUrl = server.Hostname, Refused = refused },
                    deadline: Deadline,
                    cancellationToken: ct);
                return new ServerCredential(StateOf(reply.State), reply.Headers.ToDictionary(header => header.Name, header => header.Value, StringComparer.OrdinalIgnoreCase), reply.CredentialId);
        }
    }

    private static McpConnectionState StateOf(UpstreamCredentialReply.Types.State state) => state switch
    {
        UpstreamCredentialReply.Types.State.NotRequired => McpConnectionState.NotRequired,
        UpstreamCredentialReply.Types.State.Connected => McpConnectionState.Connected,
        UpstreamCredentialReply.Types.State.LoginRequired => McpConnectionState.LoginRequired,
        UpstreamCredentialReply.Types.State.Stale => McpConnectionState.Stale,
        _ => McpConnectionState.Unknown,
    };
}

/// <summary>A credential for one server.</summary>
/// <param name="State">Whether there is one.</param>
/// <param name="Headers">Put on every request to that server, and to nobody else.</param>
/// <param name="Id">Tells it from another; empty where there is only one.</param>
public sealed record ServerCredential(McpConnectionState State, IReadOnlyDictionary<string, string> Headers, string Id)
{
    /// <summary>Whether a request can be made with it.</summary>
    public bool IsUsable => State is McpConnectionState.NotRequired or McpConnectionState.Connected;
}
