using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Upstream.Connect;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.ServiceDefaults.Snapshots;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Upstream;

/// <summary>Gives portals the credentials of the servers behind them, and Config those that an administrator made for everybody.</summary>
[AllowedCallers("edge", "config")]
public sealed partial class UpstreamCredentialsService(
    UpstreamVault vault, UpstreamLoginReader reader, UpstreamLogins logins, SealedTokens seal, UpstreamEndings endings, UpstreamFlows flows, IConfigurationSnapshots snapshots, TimeProvider clock, ILogger<UpstreamCredentialsService> logger)
    : UpstreamCredentials.UpstreamCredentialsBase
{
    private const int MostServers = 100;
    private const string Config = "config";

    /// <inheritdoc />
    public override async Task<UpstreamCredentialReply> Get(UpstreamCredentialRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var server = ServerOf(request.ServerId);
        var user = UserOf(request.UserId, context);
        if (request.ServerUrl.Length > 0 && request.ServerUrl != server.Hostname)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the server has another address here: one of the two sides does not have the present configuration yet"));
        }

        switch (server.AuthType)
        {
            case McpAuthType.Unauthenticated:
                return new UpstreamCredentialReply { State = State.NotRequired };
            case McpAuthType.Bearer:
                return Static(server, request.Refused);
        }

        if (request.Insufficient.Length > 0 && await logins.WantAsync(server, user, request.Insufficient, request.MissingScope) is { Length: > 0 } lacking)
        {
            return new UpstreamCredentialReply { State = State.MoreScopeRequired, Scope = lacking };
        }

        try
        {
            return await vault.GetAsync(server, user, request.Refused, context.CancellationToken, isReading: context.GetCaller() == Config) switch
            {
                null => new UpstreamCredentialReply { State = State.LoginRequired },
                { Stale: not null } => new UpstreamCredentialReply { State = State.Stale },
                var login => Reply(login),
            };
        }
        catch (OutboundUnavailableException away)
        {
            LogUnavailable(logger, server.ServerId, away.Message);
            throw new RpcException(new Status(StatusCode.Unavailable, "the server's authorization server does not answer"));
        }
    }

    /// <inheritdoc />
    public override async Task<UpstreamStatusReply> Status(UpstreamStatusRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.ServerIds.Count > MostServers)
        {
            throw Invalid("more than 100 servers");
        }

        var user = UserOf(request.UserId, context);
        var servers = request.ServerIds.Select(id => Guid.TryParse(id, out var uuid) ? uuid : throw Invalid("a server id is no uuid"))
            .Select(id => snapshots.Current.McpServers.GetValueOrDefault(id)).OfType<McpServer>().DistinctBy(server => server.Id).ToList();
        var known = await reader.FindManyAsync(servers.Where(server => server.AuthType == McpAuthType.Oauth).Select(server => server.Id), user, context.CancellationToken);
        var reply = new UpstreamStatusReply();
        reply.Statuses.AddRange(servers.Select(server => StatusOf(server, known.GetValueOrDefault(server.Id))));
        return reply;
    }

    /// <inheritdoc />
    public override async Task<ConnectReply> Connect(ConnectRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var snapshot = snapshots.Current;
        var server = ServerOf(request.ServerId);
        var user = UserOf(request.UserId, context);
        if (server.AuthType != McpAuthType.Oauth)
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition, "the server asks for no login"));
        }

        if ((user == Guid.Empty) != (context.GetCaller() == Config) || (user == Guid.Empty) != (request.PortalId.Length == 0))
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "the shared credential is for an administrator, a user's own for a portal"));
        }

        var portal = request.PortalId.Length == 0 ? null
            : Guid.TryParse(request.PortalId, out var id) && snapshot.McpPortals.TryGetValue(id, out var found) ? found
            : throw new RpcException(new Status(StatusCode.NotFound, "no such portal"));
        if (portal is not null && request.ReturnUrl.Length > 0)
        {
            throw Invalid("return_url is for an administrator alone");
        }

        var actor = request.Actor.Length > 0 ? request.Actor : user == Guid.Empty ? "administrator" : $"user:{user}";
        var invitation = await flows.InviteAsync(new UpstreamSubject(server.Id, user, portal?.Id, actor, ReturnUrlOf(request.ReturnUrl)), context.CancellationToken);
        var url = portal is not null ? $"{PublicOrigin.Of(portal.Hostname)}{Paths.PortalServers}?elicitationId={invitation}"
            : RequestScope.TeamOriginOf(snapshot) is { } team ? $"{team}{Paths.UpstreamConnect}/{invitation}"
            : throw new RpcException(new Status(StatusCode.FailedPrecondition, "the organization has no team domain"));
        return new ConnectReply { Url = url, ExpiresAt = (clock.GetUtcNow() + UpstreamFlows.Life).ToUnixTimeSeconds() };
    }

    /// <inheritdoc />
    public override async Task<ForgetReply> Forget(ForgetRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var user = request.UserId.Length == 0 ? Guid.Empty : Guid.TryParse(request.UserId, out var id) ? id : throw Invalid("user_id is no uuid");
        var caller = context.GetCaller();
        if (user == Guid.Empty && caller != Config)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "the shared credential is the administrator's"));
        }

        var reason = caller == Config ? "administrator" : "user";
        var actor = request.Actor.Length > 0 ? request.Actor : caller!;
        if (request.ServerId.Length > 0)
        {
            await endings.ForgetAsync(Guid.TryParse(request.ServerId, out var server) ? server : throw Invalid("server_id is no uuid"), user, reason, actor);
        }
        else
        {
            await endings.ForgetUserAsync(user, reason, actor, context.CancellationToken);
        }

        return new ForgetReply();
    }

    private McpServer ServerOf(string text)
    {
        if (!snapshots.IsLoaded)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the configuration has not come yet"));
        }

        return Guid.TryParse(text, out var id) && snapshots.Current.McpServers.TryGetValue(id, out var server)
            ? server
            : throw new RpcException(new Status(StatusCode.NotFound, "no such server"));
    }

    // Config works with what administrators made for everybody; a user's own credential is none of its business.
    private static Guid UserOf(string text, ServerCallContext context)
        => text.Length == 0 ? Guid.Empty
            : !Guid.TryParse(text, out var user) || user == Guid.Empty ? throw Invalid("user_id is no uuid")
            : context.GetCaller() == Config ? throw new RpcException(new Status(StatusCode.PermissionDenied, "a user's own credential is for portals"))
            : user;

    private static UpstreamCredentialReply Static(McpServer server, string refused)
    {
        var id = Base64UrlOf($"static {server.Id:N} {server.Version}");
        if (server.Headers is not { Count: > 0 } headers || refused == id)
        {
            return new UpstreamCredentialReply { State = State.Stale };
        }

        var reply = new UpstreamCredentialReply { State = State.Connected, CredentialId = id };
        reply.Headers.AddRange(headers.Select(header => new UpstreamHeader { Name = header.Key, Value = header.Value }));
        return reply;
    }

    private UpstreamCredentialReply Reply(UpstreamLogin login) => seal.Open(login) is not { } secrets
        ? new UpstreamCredentialReply { State = State.Stale }
        : new UpstreamCredentialReply
        {
            State = State.Connected,
            Headers = { new UpstreamHeader { Name = "Authorization", Value = "Bearer " + secrets.AccessToken } },
            CredentialId = login.CredentialId,
            ExpiresAt = login.ExpiresAt?.ToUnixTimeSeconds() ?? 0,
            LoginId = $"{login.Id:N}-{login.ConnectedAt.UtcTicks:x}",
        };

    private static UpstreamStatus StatusOf(McpServer server, UpstreamLogin? login)
    {
        var status = new UpstreamStatus { ServerId = server.Id.ToString() };
        switch (server.AuthType)
        {
            case McpAuthType.Unauthenticated:
                status.State = State.NotRequired;
                return status;
            case McpAuthType.Bearer:
                status.State = server.Headers is { Count: > 0 } ? State.Connected : State.Stale;
                status.Explanation = status.State == State.Stale ? "Its credential cannot be read: an administrator has to enter it again." : "";
                return status;
        }

        if (login is null || !UpstreamVault.IsFor(login, server))
        {
            status.State = State.LoginRequired;
            return status;
        }

        status.State = login.Stale is null ? State.Connected : State.Stale;
        status.Account = login.Account;
        status.ConnectedAt = login.ConnectedAt.ToUnixTimeSeconds();
        status.Explanation = login.Stale ?? "";
        return status;
    }

    // Config alone may say one, and has compared it with the dashboard's origin. Only the spelling that it compared is shown to a browser: what reads
    // differently to another parser is none.
    private static string ReturnUrlOf(string url)
        => url.Length == 0 || (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && uri.UserInfo.Length == 0 && uri.AbsoluteUri == url)
            ? url
            : throw Invalid("return_url is no http or https URL in its normal form");

    private static string Base64UrlOf(string text) => System.Buffers.Text.Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(text)).AsSpan(0, 16));

    private static RpcException Invalid(string what) => new(new Status(StatusCode.InvalidArgument, what));

    [LoggerMessage(1, LogLevel.Warning, "No credential for the MCP server {Server}: {Message}", EventName = "UpstreamCredentialUnavailable")]
    private static partial void LogUnavailable(ILogger logger, string server, string message);
}
