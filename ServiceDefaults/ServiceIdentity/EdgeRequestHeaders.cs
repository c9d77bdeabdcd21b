using System.Buffers.Text;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>The headers in which an <see cref="EdgeRequest"/> travels: written by Edge, read by <c>UseEdgeRequests</c>.</summary>
public static class EdgeRequestHeaders
{
    /// <summary>The application's uuid; empty at the team and dashboard domains.</summary>
    public const string Application = "X-ManagedOAuth-Application";

    /// <summary>Public scheme and authority.</summary>
    public const string Origin = "X-ManagedOAuth-Origin";

    /// <summary>The client's address.</summary>
    public const string Client = "X-ManagedOAuth-Client";

    /// <summary>The verified user, where the domain is the dashboard's: their identity as JSON, base64url.</summary>
    public const string User = "X-ManagedOAuth-User";

    private const string ReservedPrefix = "x-managedoauth-";

    /// <summary>
    /// Whether a header name is ours, in any spelling that some server takes for the same (<c>_</c> or <c>.</c> for
    /// <c>-</c>). Edge removes these from every request that comes in.
    /// </summary>
    public static bool IsReserved(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length < ReservedPrefix.Length)
        {
            return false;
        }

        for (var i = 0; i < ReservedPrefix.Length; i++)
        {
            var c = name[i] is '_' or '.' ? '-' : char.ToLowerInvariant(name[i]);
            if (c != ReservedPrefix[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What Edge adds to a request that it hands on; <paramref name="credential"/> is for the receiving service.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Write(
        string credential, Guid? applicationId, string publicOrigin, IPAddress clientAddress, EdgeUser? user = null)
    {
        ArgumentNullException.ThrowIfNull(clientAddress);
        yield return new(ServiceCredential.Header, credential);
        yield return new(Application, applicationId?.ToString("D") ?? "");
        yield return new(Origin, publicOrigin);
        yield return new(Client, clientAddress.ToString());
        if (user is not null)
        {
            yield return new(User, Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(user.Identity, ConfigurationJson.Default.Identity)));
        }
    }

    /// <summary>Reads them; null when one is missing, doubled or malformed.</summary>
    public static EdgeRequest? Read(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var headers = context.Request.Headers;
        if (One(headers[Application]) is not { } application
            || One(headers[Origin]) is not { Length: > 0 } origin
            || One(headers[Client]) is not { } client
            || !IsOrigin(origin)
            || !IPAddress.TryParse(client, out var address)
            || !TryReadUser(headers[User], out var user))
        {
            return null;
        }

        Guid? id = null;
        if (application.Length > 0)
        {
            if (!Guid.TryParseExact(application, "D", out var parsed))
            {
                return null;
            }

            id = parsed;
        }

        // Kestrel's own Activity carries on Edge's trace; without one (no host diagnostics) a fresh id still correlates.
        var flow = Activity.Current?.TraceId ?? ActivityTraceId.CreateRandom();
        return new EdgeRequest(id, origin, address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, flow.ToHexString(), user);
    }

    private static bool TryReadUser(StringValues values, out EdgeUser? user)
    {
        user = null;
        if (values.Count == 0)
        {
            return true;
        }

        try
        {
            user = One(values) is { Length: > 0 } text && JsonSerializer.Deserialize(Base64Url.DecodeFromChars(text), ConfigurationJson.Default.Identity) is { } identity
                ? new EdgeUser(identity)
                : null;
            return user is not null;
        }
        catch (Exception malformed) when (malformed is FormatException or JsonException)
        {
            // Not what Edge writes: the request is refused.
            return false;
        }
    }

    private static string? One(StringValues values) => values.Count == 1 ? values[0] : null;

    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.AbsolutePath == "/" && uri.Query.Length == 0 && uri.UserInfo.Length == 0 && !origin.EndsWith('/');
}
