using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ManagedOAuth.Token;

/// <summary>The meter and the activity source of this service.</summary>
public sealed class TokenMetrics
{
    public const string Name = "ManagedOAuth.Token";

    public static readonly ActivitySource Source = new(Name);

    private readonly Counter<long> _requests;
    private readonly Counter<long> _ended;

    public TokenMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(Name);
        _requests = meter.CreateCounter<long>("managedoauth.token.requests", description: "Answered token requests by grant type and error.");
        _ended = meter.CreateCounter<long>("managedoauth.token.grants.ended", description: "Ended grants by the event that ended them.");
    }

    /// <summary>Counts a token request; no error = issued.</summary>
    public void TokenRequest(string grantType, string? error)
        => _requests.Add(1, new KeyValuePair<string, object?>("oauth.grant_type", grantType), new KeyValuePair<string, object?>("oauth.error", error ?? "none"));

    /// <summary>Counts the end of a grant.</summary>
    public void GrantEnded(string reason) => _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
