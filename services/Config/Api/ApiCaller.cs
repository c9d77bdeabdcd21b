using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>Who makes a request of the admin API.</summary>
/// <param name="Actor">As it stands in the events: see <see cref="Actors"/>.</param>
/// <param name="Permissions">What the caller may do.</param>
/// <param name="Key">Tells callers apart, also those of one name: the token's or user's id.</param>
public sealed record ApiCaller(string Actor, IReadOnlyList<ApiPermission> Permissions, string Key)
{
    /// <summary>Whether the request was made at the dashboard, and not by whoever has an API token.</summary>
    public bool ByDashboard { get; init; }

    private const string ItemKey = "managedoauth.caller";

    /// <summary>The caller of a request; null before it was authenticated.</summary>
    public static ApiCaller? Of(HttpContext? context) => context?.Items[ItemKey] as ApiCaller;

    /// <summary>
    /// Makes the request one of this caller. Whoever authenticates administrators by other means than an API token does this before the
    /// endpoint's filters run; nothing in a request can.
    /// </summary>
    public void Enter(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Items[ItemKey] = this;
        context.Items[ApiTokenFilter.ActorKey] = Actor;
    }
}
