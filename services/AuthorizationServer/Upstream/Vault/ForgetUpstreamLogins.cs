namespace ManagedOAuth.AuthorizationServer.Upstream.Vault;

/// <summary>To this service itself: all logins of a user at MCP servers end. A message, because their revocation waits for other servers.</summary>
/// <param name="UserId">The user.</param>
/// <param name="Reason">That of <see cref="UpstreamForgotten"/>.</param>
/// <param name="Actor">In whose name.</param>
public sealed record ForgetUpstreamLogins(Guid UserId, string Reason, string Actor);

/// <summary>Forgets them. A second time there are none.</summary>
public static class ForgetUpstreamLoginsHandler
{
    public static async Task Handle(ForgetUpstreamLogins message, UpstreamEndings endings, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(endings);
        await endings.ForgetUserAsync(message.UserId, message.Reason, message.Actor, cancellation);
    }
}
