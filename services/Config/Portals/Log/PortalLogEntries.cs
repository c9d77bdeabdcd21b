using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Config.Logs;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.PortalLog;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Turns an edge's report into events: bounded texts, a time that is not in the future, and the stream that each belongs to. Pure.</summary>
public static class PortalLogEntries
{
    private const int LongestText = 512;
    private const int LongestUri = 2048;

    /// <summary>What can come of a request.</summary>
    public static readonly IReadOnlySet<string> Outcomes = new HashSet<string>(StringComparer.Ordinal)
    {
        "ok", "tool_error", "denied", "not_found", "quarantined", "rate_limited", "timeout", "unavailable", "upstream_error", "cancelled", "invalid_request",
    };

    /// <summary>The event of an entry; null when the entry has no id, no time or no portal.</summary>
    public static PortalRequestHandled? Read(PortalLogEntry entry, DateTimeOffset now, CountryNetworks? countries = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (!Guid.TryParse(entry.Id, out var id) || entry.At is null || entry.PortalId.Length is 0 or > 64)
        {
            return null;
        }

        var at = entry.At.ToDateTimeOffset();
        return new PortalRequestHandled
        {
            Id = id,
            // A clock that runs ahead must not put entries before those that come later.
            At = Microseconds(at < now ? at : now),
            PortalId = entry.PortalId,
            PortalAud = LogText.Bounded(entry.PortalAud, LongestText),
            ServerId = LogText.Bounded(entry.ServerId, LongestText),
            ServerAud = LogText.Bounded(entry.ServerAud, LongestText),
            ServerUrl = LogText.Bounded(entry.ServerUrl, LongestUri),
            Method = LogText.Bounded(entry.Method, LongestText),
            Tool = LogText.Bounded(entry.Tool, LongestText),
            Prompt = LogText.Bounded(entry.Prompt, LongestText),
            ResourceUri = LogText.Bounded(entry.ResourceUri, LongestUri),
            SessionId = LogText.Bounded(entry.SessionId, LongestText),
            UserId = LogText.Bounded(entry.UserId, LongestText),
            UserEmail = LogText.Bounded(entry.UserEmail, LongestText),
            ServiceTokenId = LogText.Bounded(entry.ServiceTokenId, LongestText),
            GrantId = LogText.Bounded(entry.GrantId, LongestText),
            FlowId = LogText.Bounded(entry.FlowId, LongestText),
            ClientIp = LogText.Bounded(entry.ClientIp, LongestText),
            ClientCountry = countries?.Of(entry.ClientIp) ?? "",
            ClientName = LogText.Bounded(entry.ClientName, LongestText),
            Success = entry.Success,
            Outcome = Outcomes.Contains(entry.Outcome) ? entry.Outcome : entry.Success ? "ok" : "upstream_error",
            Error = LogText.Bounded(entry.Error, LongestText),
            ServerDurationMs = Math.Max(-1, entry.ServerDurationMs),
            DurationMs = Math.Max(0, entry.DurationMs),
        };
    }

    /// <summary>
    /// A stream for each portal and day (UTC). Not for each session: newer clients have none, and what is forgotten is forgotten by the day, a stream at a
    /// time.
    /// </summary>
    public static Guid StreamOf(PortalRequestHandled request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var day = DateTimeOffset.UnixEpoch.AddMicroseconds(request.At).ToString("yyyyMMdd", System.Globalization.CultureInfo.InvariantCulture);
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{request.PortalId}/{day}")).AsSpan(0, 16));
    }

    /// <summary>Microseconds since 1970.</summary>
    public static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
