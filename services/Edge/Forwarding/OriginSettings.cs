using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Where an application really is, read once per configuration.</summary>
/// <param name="Prefix">Scheme, authority and path without a final slash: the received path and query are appended to it as they are.</param>
/// <param name="Authority">The origin's own host and port.</param>
/// <param name="Connection">What decides which connections can be shared.</param>
/// <param name="ActivityTimeout">Time without progress after which a request is given up.</param>
/// <param name="PreserveHost">Send the public host instead of the origin's own.</param>
/// <param name="PassBearer">Pass the client's access token on.</param>
internal sealed record OriginSettings(
    string Prefix, string Authority, OriginConnection Connection, TimeSpan ActivityTimeout, bool PreserveHost, bool PassBearer)
{
    private static readonly TimeSpan s_defaultActivity = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan s_defaultConnect = TimeSpan.FromSeconds(5);

    /// <summary>Null when there is no origin, or its URL is none.</summary>
    public static OriginSettings? TryRead(Origin? origin)
    {
        if (origin is null
            || !Uri.TryCreate(origin.Url, UriKind.Absolute, out var uri)
            || uri.Scheme is not ("http" or "https")
            || uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return null;
        }

        return new OriginSettings(
            uri.GetLeftPart(UriPartial.Path).TrimEnd('/'),
            uri.Authority,
            new OriginConnection(DurationOf(origin.ConnectTimeout, s_defaultConnect), origin.NoTlsVerify),
            DurationOf(origin.ActivityTimeout, s_defaultActivity),
            origin.PreserveHost,
            origin.PassBearer);
    }

    private static TimeSpan DurationOf(string text, TimeSpan otherwise)
        => GoDuration.TryParse(text, out var value) && value > TimeSpan.Zero ? value : otherwise;
}

/// <summary>What decides which connections can be shared between applications.</summary>
internal sealed record OriginConnection(TimeSpan ConnectTimeout, bool NoTlsVerify);
