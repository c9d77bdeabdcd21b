using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.OAuth;

/// <summary>The resources (RFC 8707, RFC 9728) that an application is: what tokens for it may be asked with.</summary>
public static class ApplicationResources
{
    /// <summary>The application's own resource first, then those of its further public addresses: a token of one is valid at all.</summary>
    public static IReadOnlyList<string> Of(Application application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return [
            PublicOrigin.Of(application.Domain),
            .. application.Destinations
                .Where(destination => destination.Type == "public" && destination.Uri.Length > 0)
                .Select(destination => PublicOrigin.Of(destination.Uri)),
        ];
    }
}
