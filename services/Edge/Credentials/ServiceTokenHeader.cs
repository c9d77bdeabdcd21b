using System.Text.Json;
using ManagedOAuth.Edge.Routing;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Where the id and the secret of a service token come from: two headers, or one that an application names.</summary>
internal static class ServiceTokenHeader
{
    public const string ClientId = "Cf-Access-Client-Id";
    public const string ClientSecret = "Cf-Access-Client-Secret";
    private const int MaximumLength = 2048;

    /// <summary>Reads them. Present without id or secret = something was sent and is incomplete.</summary>
    public static (bool Present, string ClientId, string Secret) Read(IHeaderDictionary headers, ProtectedApplication application)
    {
        var id = headers[ClientId].ToString();
        var secret = headers[ClientSecret].ToString();
        if (id.Length > 0 || secret.Length > 0)
        {
            return (true, id, secret);
        }

        if (application.Record.ReadServiceTokensFromHeader is { Length: > 0 } name && headers[name] is { Count: 1 } value && IsIn(application, name, value))
        {
            return ReadJson(value.ToString());
        }

        return default;
    }

    /// <summary>Whether this header holds a service token in its one-header form. Such a value never reaches an origin, good or bad.</summary>
    public static bool IsIn(ProtectedApplication application, string name, StringValues value)
        => application.Record.ReadServiceTokensFromHeader is { Length: > 0 } header
            && header.Equals(name, StringComparison.OrdinalIgnoreCase)
            && value.ToString().Contains("cf-access-client-", StringComparison.OrdinalIgnoreCase);

    private static (bool Present, string ClientId, string Secret) ReadJson(string text)
    {
        if (text.Length > MaximumLength)
        {
            return (true, "", "");
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            var (id, secret) = ("", "");
            foreach (var member in json.RootElement.EnumerateObject())
            {
                var value = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() ?? "" : "";
                if (member.Name.Equals(ClientId, StringComparison.OrdinalIgnoreCase))
                {
                    // Twice is ambiguous, so it is none.
                    id = id.Length == 0 ? value : "\0";
                }
                else if (member.Name.Equals(ClientSecret, StringComparison.OrdinalIgnoreCase))
                {
                    secret = secret.Length == 0 ? value : "\0";
                }
            }

            return (true, id, secret);
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // Not the object that it should be: an incomplete credential.
            return (true, "", "");
        }
    }
}
