using System.Globalization;
using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Reads and validates an API token from a request body.</summary>
public static class ApiTokenReader
{
    private const int MaximumPermissions = 50;

    /// <summary>Reads what a caller may set.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="token">The token before, or a new one with its hash.</param>
    /// <param name="caller">Who asks: nobody gives more than they have.</param>
    /// <param name="now">The time.</param>
    public static ApiToken Read(BodyReader body, ApiToken token, ApiCaller caller, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(caller);
        var permissions = body.Has("policies") ? FromPolicies(body) : Named(body, "permissions", body.Texts("permissions", MaximumPermissions, 100));
        if (permissions.Count == 0 && body.Errors.Count == 0)
        {
            body.Refuse("permissions", "permissions needs at least one permission");
        }

        foreach (var more in permissions.Where(permission => !caller.Permissions.Hold(permission)))
        {
            body.Refuse("permissions", $"a token cannot be given {ApiPermissions.IdOf(more)}, which the caller does not have");
        }

        return token with
        {
            Name = body.RequiredText("name", 100),
            Permissions = [.. permissions.Distinct()],
            ExpiresAt = Expiry(body, body.Has("expires_on") ? "expires_on" : "expires_at", token.ExpiresAt, now),
        };
    }

    /// <summary>Refuses a change of a token that may do more than the caller: its value would be the way to more.</summary>
    public static void RefuseMoreThan(this BodyReader body, ApiToken token, ApiCaller caller)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(caller);
        if (!token.Permissions.All(permission => caller.Permissions.Hold(permission)))
        {
            body.Refuse("permissions", "this token has permissions that the caller does not have; it can only be removed");
        }
    }

    // The original's shape: policies with permission groups. What is allowed counts for the whole account.
    private static List<ApiPermission> FromPolicies(BodyReader body)
    {
        var permissions = new List<ApiPermission>();
        foreach (var (item, index) in body.Items("policies", MaximumPermissions).Select((item, index) => (item, index)))
        {
            var policy = body.Item("policies", index, item);
            if (policy.Text("effect", "allow", 10) != "allow")
            {
                policy.Refuse("effect", "effect is allow: a token holds the permissions it is given and no others");
            }

            var groups = policy.Items("permission_groups", MaximumPermissions).Select(group =>
                group.ValueKind == JsonValueKind.Object && (group.TryGetProperty("id", out var name) || group.TryGetProperty("name", out name)) && name.ValueKind == JsonValueKind.String
                    ? name.GetString()!
                    : "");
            permissions.AddRange(Named(policy, "permission_groups", [.. groups]));
        }

        return permissions;
    }

    private static List<ApiPermission> Named(BodyReader body, string member, IReadOnlyList<string> names)
    {
        var permissions = new List<ApiPermission>();
        for (var index = 0; index < names.Count; index++)
        {
            if (ApiPermissions.Find(names[index]) is { } permission)
            {
                permissions.Add(permission);
            }
            else
            {
                body.Refuse($"{member}/{index}", $"there is no such permission; there are {string.Join(", ", ApiPermissions.All.Select(entry => entry.Id))}");
            }
        }

        return permissions;
    }

    private static DateTimeOffset? Expiry(BodyReader body, string member, DateTimeOffset? before, DateTimeOffset now)
    {
        if (body.OptionalText(member, 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) && (at > now || at == before))
        {
            return at;
        }

        body.Refuse(member, $"{member} is a time (RFC 3339) in the future");
        return null;
    }
}
