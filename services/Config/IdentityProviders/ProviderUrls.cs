using System.Net;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>
/// Reads addresses of an identity provider. This product sends requests with secrets there: https only, except on a loopback host, and never to
/// its own internal addresses.
/// </summary>
public sealed class ProviderUrls(InternalAddresses internalAddresses)
{
    private const int MaximumLength = 2048;

    /// <summary>The member's URL without a slash at its end where <paramref name="isBase"/> says so; null when it is absent or refused.</summary>
    public string? Read(BodyReader reader, string member, bool isBase = false)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.OptionalText(member, MaximumLength) is not { Length: > 0 } url)
        {
            return null;
        }

        if (Refusal(url) is { } reason)
        {
            reader.Refuse(member, $"{member} {reason}");
            return null;
        }

        return isBase ? url.TrimEnd('/') : url;
    }

    private string? Refusal(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            return "is an absolute https URL";
        }

        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
        {
            return "has no credentials and no fragment";
        }

        if (uri.Scheme == Uri.UriSchemeHttp && !PublicOrigin.IsLoopback(uri.Host))
        {
            return "is an https URL; http is possible on localhost, 127.0.0.1 and [::1] alone";
        }

        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && (address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.GetAddressBytes() is [169, 254, _, _] or [0, _, _, _]))
        {
            return "names an address that is never a provider (link-local, unspecified or multicast)";
        }

        return internalAddresses.Contains(uri.Host, uri.Port) ? "names one of this product's own internal addresses" : null;
    }
}
