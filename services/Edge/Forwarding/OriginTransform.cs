using System.Net;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Routing;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>
/// What an application's origin gets: the request without our credentials and without any claim about identity or forwarding that the
/// client made, and with ours.
/// </summary>
/// <param name="door">The address that the request came to.</param>
/// <param name="settings">The origin.</param>
/// <param name="credential">Who it is; null when nobody was asked (Bypass).</param>
/// <param name="clientAddress">The client's address.</param>
internal sealed class OriginTransform(Door door, OriginSettings settings, VerifiedCredential? credential, string clientAddress) : IForwardTransform
{
    /// <summary>The signed identity of the user (or the service token), as a browser session carries it.</summary>
    public const string Assertion = AssertionHeader.Name;

    /// <summary>The user's address; absent for service tokens.</summary>
    public const string Email = "Cf-Access-Authenticated-User-Email";

    public StringValues? RequestHeader(string name, HeaderKind kind, StringValues value) => kind switch
    {
        HeaderKind.Identity or HeaderKind.Forwarding or HeaderKind.Host => (StringValues?)null,
        _ when ServiceTokenHeader.IsIn(door.Application, name, value) => null,
        HeaderKind.Authorization => HoldsOurToken(value) && !settings.PassBearer ? (StringValues?)null : value,
        HeaderKind.Cookie => CookieHeader.WithoutReserved(value) is { } rest ? rest : (StringValues?)null,
        _ => value,
    };

    public void AddHeaders(HttpContext context, HttpRequestMessage request)
    {
        var headers = request.Headers;
        headers.Host = settings.PreserveHost ? door.Authority : settings.Authority;
        headers.TryAddWithoutValidation("X-Forwarded-For", clientAddress);
        headers.TryAddWithoutValidation("X-Forwarded-Host", door.Authority);
        headers.TryAddWithoutValidation("X-Forwarded-Proto", door.IsHttps ? "https" : "http");
        if (credential is null)
        {
            return;
        }

        headers.TryAddWithoutValidation(Assertion, credential.Assertion);
        if (credential.Email is { } email)
        {
            headers.TryAddWithoutValidation(Email, email);
        }
    }

    public bool KeepsSetCookie(string setCookie) => !CookieNames.IsReserved(setCookie.AsSpan().TrimStart(" \t"));

    // Also on a Bypass path, where nobody looked at it: an origin must never learn a token that opens this application.
    private static bool HoldsOurToken(StringValues authorization)
        => authorization.ToString().Contains(SecretPrefixes.AccessToken, StringComparison.Ordinal);

    internal static string AddressText(IPAddress? address)
        => address is null ? "unknown" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
