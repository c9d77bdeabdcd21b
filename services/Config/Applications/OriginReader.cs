using System.Net;
using System.Net.Sockets;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.Config.Applications;

/// <summary>Reads and validates the <c>origin</c> of an application. An origin must not turn the proxy against what stands behind it.</summary>
public sealed class OriginReader(InternalAddresses internalAddresses)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    public Origin? Read(BodyReader application)
    {
        ArgumentNullException.ThrowIfNull(application);
        if (application.Nested("origin") is not { } reader)
        {
            return null;
        }

        var url = reader.RequiredText("url", 2048);
        if (url.Length > 0 && Refusal(url) is { } reason)
        {
            reader.Refuse("url", reason);
        }

        return new Origin
        {
            Url = url.TrimEnd('/'),
            ActivityTimeout = reader.Duration("activity_timeout", "100s", s_second, TimeSpan.FromHours(24)),
            ConnectTimeout = reader.Duration("connect_timeout", "5s", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
            PreserveHost = reader.Flag("preserve_host", true),
            NoTlsVerify = reader.Flag("no_tls_verify", false),
            PassBearer = reader.Flag("pass_bearer", false),
        };
    }

    private string? Refusal(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps) || uri.Host.Length == 0)
        {
            return "url is an absolute http or https URL";
        }

        if (uri.UserInfo.Length > 0 || uri.Query.Length > 0 || uri.Fragment.Length > 0)
        {
            return "url has no credentials, query or fragment";
        }

        if (IPAddress.TryParse(uri.Host.Trim('[', ']'), out var address) && IsNeverAnOrigin(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address))
        {
            return "url names an address that is never an origin (link-local, unspecified or multicast)";
        }

        return internalAddresses.Contains(uri.Host, uri.Port) ? "url names one of this product's own internal addresses" : null;
    }

    private static bool IsNeverAnOrigin(IPAddress address)
        => address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes() is [169, 254, _, _] or [0, _, _, _] or [>= 224, _, _, _]
            : address.IsIPv6LinkLocal || address.IsIPv6Multicast || address.Equals(IPAddress.IPv6Any);
}
