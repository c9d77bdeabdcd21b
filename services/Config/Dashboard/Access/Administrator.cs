using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>Who is at the dashboard; a feature of the request.</summary>
/// <param name="Name">The address of a user, or the name of an API token.</param>
/// <param name="Caller">As the admin API knows them.</param>
/// <param name="ByApiToken">Signed in with an API token, and not by the dashboard's application.</param>
public sealed record Administrator(string Name, ApiCaller Caller, bool ByApiToken)
{
    /// <summary>Whether they may do something.</summary>
    public bool May(ApiPermission permission) => Caller.Permissions.Hold(permission);
}
