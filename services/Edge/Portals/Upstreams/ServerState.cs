using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Contracts.Upstream;
using Login = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;
using Reading = ManagedOAuth.Contracts.ServerReadings.ReadingState.Types.State;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>How a server is for somebody who sees it.</summary>
/// <param name="Server">The server.</param>
/// <param name="State">One of the constants here.</param>
/// <param name="Cause">Why, and what to do; null where nothing is wrong.</param>
internal sealed record ServerState(PortalServer Server, string State, string? Cause)
{
    /// <summary>Its tools are listed and can be called.</summary>
    public const string Ready = "ready";

    /// <summary>Its tools are listed; before they can be called the user has to log in there.</summary>
    public const string NeedsLogin = "needs_login";

    /// <summary>Nothing of it is listed yet.</summary>
    public const string Waiting = "waiting";

    /// <summary>What is listed may be out of date: it could not be read lately.</summary>
    public const string Stale = "stale";

    /// <summary>It cannot be used now.</summary>
    public const string Error = "error";

    /// <summary>Decides. Pure.</summary>
    /// <param name="server">A server that is visible to the one who asks.</param>
    /// <param name="reading">How Config read it last; null = not known.</param>
    /// <param name="login">Whether the login that calls are made with is there; null = none is asked for, or not known.</param>
    /// <param name="isUnreachable">This edge has just tried, again and again.</param>
    public static ServerState Of(PortalServer server, ReadingState? reading, UpstreamStatus? login, bool isUnreachable)
    {
        var cause = reading?.Cause is { Length: > 0 } said ? said : null;
        if (server.Catalog is null)
        {
            return reading?.State == Reading.Error
                ? new(server, Error, cause ?? "It could not be read.")
                : new(server, Waiting, cause ?? "It has not been read yet.");
        }

        return isUnreachable ? new(server, Error, "It has not been reachable for a while. It is asked again in a few seconds.")
            : OfLogin(server, login)
            ?? (reading?.State is Reading.Stale or Reading.Error && !(server.PerUser && login?.State == Login.Connected)
                ? new(server, Stale, cause ?? "It could not be read lately.")
                : new(server, Ready, null));
    }

    private static ServerState? OfLogin(PortalServer server, UpstreamStatus? login) => (login?.State, server.PerUser, server.Record.AuthType) switch
    {
        (Login.LoginRequired, true, _) => new(server, NeedsLogin, "You have not logged in there yet."),
        (Login.Stale, true, _) => new(server, NeedsLogin, $"Your login there has ended. {login!.Explanation}".TrimEnd()),
        (Login.LoginRequired, false, _) => new(server, Waiting, "An administrator has to connect it first."),
        (Login.Stale, false, McpAuthType.Bearer) => new(server, Error, "Its credential is not usable. An administrator has to enter it again."),
        (Login.Stale, false, _) => new(server, Error, "The shared login there has ended. An administrator has to connect it again."),
        _ => null,
    };
}
