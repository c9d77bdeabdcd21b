using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.OAuth;

/// <summary>The resources (RFC 8707, RFC 9728) that an application is: what tokens for it may be asked with. None for one without an address.</summary>
public static class ApplicationResources
{
    /// <summary>The application's own resource first, then those of its further public addresses: a token of one is valid at all.</summary>
    public static IReadOnlyList<string> Of(Application application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return [.. application.Destinations
            .Where(destination => destination.Type == "public")
            .Select(destination => destination.Uri)
            .Prepend(application.Domain)
            .Where(address => address.Length > 0)
            .Select(PublicOrigin.Of)];
    }
}
