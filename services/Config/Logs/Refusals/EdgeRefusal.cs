using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Contracts.RefusalLog;

namespace ManagedOAuth.Config.Logs.Refusals;

/// <summary>A request that an edge refused. A sample: see <c>refusal_log.proto</c>, which tells what each member means.</summary>
public sealed record EdgeRefusal
{
    private const int LongestText = 512;

    public required Guid Id { get; init; }

    /// <summary>Microseconds since 1970.</summary>
    public required long At { get; init; }

    /// <summary>The id that the client saw.</summary>
    public required string FlowId { get; init; }

    /// <summary>Empty: the request could not be read well enough to say.</summary>
    public string ApplicationId { get; init; } = "";

    /// <summary>One of <see cref="RefusalReasons"/>.</summary>
    public required string Reason { get; init; }

    public string PolicyId { get; init; } = "";

    public string PolicyName { get; init; } = "";

    public string Rule { get; init; } = "";

    public string Credential { get; init; } = "";

    public string UserId { get; init; } = "";

    /// <summary>Lower case.</summary>
    public string UserEmail { get; init; } = "";

    public string ServiceTokenId { get; init; } = "";

    public string GrantId { get; init; } = "";

    public string Address { get; init; } = "";

    public string Method { get; init; } = "";

    /// <summary>What else was refused for this reason in this minute was counted only.</summary>
    public bool More { get; init; }

    /// <summary>What an edge told; null where it has no id, time, known reason or flow.</summary>
    public static EdgeRefusal? Of(Refusal told, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(told);
        if (!Guid.TryParse(told.Id, out var id) || told.At is null || !RefusalReasons.All.ContainsKey(told.Reason) || told.FlowId.Length is 0 or > 100)
        {
            return null;
        }

        var at = told.At.ToDateTimeOffset();
        return new EdgeRefusal
        {
            Id = id,

            // A clock that runs ahead must not put entries before those that come later.
            At = PortalLogEntries.Microseconds(at < now ? at : now),
            FlowId = LogText.Bounded(told.FlowId, LongestText),
            ApplicationId = LogText.Bounded(told.ApplicationId, LongestText),
            Reason = told.Reason,
            PolicyId = LogText.Bounded(told.PolicyId, LongestText),
            PolicyName = LogText.Bounded(told.PolicyName, LongestText),
            Rule = LogText.Bounded(told.Rule, LongestText),
            Credential = LogText.Bounded(told.Credential, LongestText),
            UserId = LogText.Bounded(told.UserId, LongestText),
            UserEmail = LogText.Bounded(told.UserEmail, LongestText).ToLowerInvariant(),
            ServiceTokenId = LogText.Bounded(told.ServiceTokenId, LongestText),
            GrantId = LogText.Bounded(told.GrantId, LongestText),
            Address = LogText.Bounded(told.Address, LongestText),
            Method = LogText.Bounded(told.Method, LongestText),
            More = told.More,
        };
    }
}
