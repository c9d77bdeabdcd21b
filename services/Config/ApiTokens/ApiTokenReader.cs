using System.Globalization;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>Reads and validates an API token from a request body.</summary>
public static class ApiTokenReader
{
    private const int MaximumPermissions = 50;
    private const int MaximumNetworks = 100;

    /// <summary>
    /// Reads what a caller may set. What narrows a token and is left out stays as it is, and null removes it: a token must not come to work from
    /// everywhere, or for good, because it was given another name.
    /// </summary>
    /// <param name="body">The request's body.</param>
    /// <param name="token">The token before, or a new one with its hash.</param>
    /// <param name="caller">Who asks: nobody gives more than they have.</param>
    /// <param name="account">The account's id.</param>
    /// <param name="now">The time.</param>
    public static ApiToken Read(BodyReader body, ApiToken token, ApiCaller caller, string account, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(caller);
        var permissions = Permissions(body, token, account);
        foreach (var more in permissions.Where(permission => !caller.Permissions.Hold(permission)))
        {
            body.Refuse("permissions", $"a token cannot be given {ApiPermissions.IdOf(more)}, which the caller does not have");
        }

        var condition = OnlyMember(body.Nested("condition"), "request_ip");
        var addresses = condition?.Nested("request_ip");
        foreach (var unknown in addresses?.Members.Except(["in", "not_in"]) ?? [])
        {
            addresses!.Refuse(unknown, "request_ip has in and not_in");
        }

        var read = token with
        {
            Name = body.RequiredText("name", 100),
            Permissions = [.. permissions],
            Disabled = IsDisabled(body, token, now),
            NotBefore = body.Has("not_before") ? Moment(body, "not_before") : token.NotBefore,
            ExpiresAt = body.Has("expires_on") || body.Has("expires_at") ? Expiry(body, token.ExpiresAt, now) : token.ExpiresAt,
            RequestIpIn = body.Has("condition") ? Networks(addresses, "in") : token.RequestIpIn,
            RequestIpNotIn = body.Has("condition") ? Networks(addresses, "not_in") : token.RequestIpNotIn,
        };
        if (read.NotBefore >= read.ExpiresAt)
        {
            body.Refuse("not_before", "not_before is before expires_on: the token would never work");
        }

        return read;
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

    /// <summary>Permissions by their ids or the original's names.</summary>
    internal static List<ApiPermission> Named(BodyReader body, string member, IReadOnlyList<string> names)
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

    // Answers show them in both shapes. Of an answer that comes back with one of them changed, the changed one is meant.
    private static List<ApiPermission> Permissions(BodyReader body, ApiToken token, string account)
    {
        List<ApiPermission> named = [.. Named(body, "permissions", body.Texts("permissions", MaximumPermissions, 100)).Distinct()];
        List<ApiPermission> permissions = body.Has("policies") ? [.. ApiTokenPolicies.Read(body, account).Distinct()] : named;
        if (body.Has("policies") && body.Has("permissions") && body.Errors.Count == 0 && !AreSame(permissions, named) && !AreSame(named, token.Permissions))
        {
            if (!AreSame(permissions, token.Permissions))
            {
                body.Refuse("policies", "policies and permissions say different things: send one of them");
            }

            permissions = named;
        }

        if (permissions.Count == 0 && body.Errors.Count == 0)
        {
            body.Refuse("permissions", "permissions needs at least one permission");
        }

        return permissions;
    }

    private static bool AreSame(IEnumerable<ApiPermission> left, IEnumerable<ApiPermission> right) => left.ToHashSet().SetEquals(right);

    // What a change leaves out stays: a token that was disabled is not enabled by a new name.
    private static bool IsDisabled(BodyReader body, ApiToken token, DateTimeOffset now)
    {
        switch (body.OptionalText("status", 20))
        {
            case "active":
                return false;
            case "disabled":
                return true;
            case { } status when status != "expired" || token.StatusOf(now) != status:
                body.Refuse("status", "status is active or disabled; expires_on says when a token expires");
                return token.Disabled;
            default:
                return token.Disabled;
        }
    }

    private static BodyReader? OnlyMember(BodyReader? reader, string member)
    {
        foreach (var unknown in reader?.Members.Where(name => name != member) ?? [])
        {
            reader!.Refuse(unknown, $"there is only {member} here: another condition would not be looked at");
        }

        return reader;
    }

    private static IReadOnlyList<string>? Networks(BodyReader? addresses, string member)
    {
        if (addresses is null || !addresses.Has(member) || addresses.IsNull(member))
        {
            return null;
        }

        var networks = addresses.Texts(member, MaximumNetworks, 100);
        foreach (var (network, index) in networks.Select((network, index) => (network, index)))
        {
            if (AddressText.WrongNetwork(network) is { } wrong)
            {
                addresses.Refuse($"{member}/{index}", wrong);
            }
        }

        if (networks.Count == 0 && member == "in" && addresses.Errors.Count == 0)
        {
            addresses.Refuse(member, "in has at least one network; leave it out where the token works from everywhere");
        }

        return networks.Count == 0 ? null : networks;
    }

    // expires_on is the original's name; of the two, the one that is changed is meant. An end that has passed is accepted only as the one that the token has.
    private static DateTimeOffset? Expiry(BodyReader body, DateTimeOffset? before, DateTimeOffset now)
    {
        var (on, at) = (Moment(body, "expires_on"), Moment(body, "expires_at"));
        if (on is not null && at is not null && on != at && on != before && at != before)
        {
            body.Refuse("expires_on", "expires_on and expires_at say different times: send one of them");
        }

        var isOn = on is not null && (at is null || on != before);
        var end = isOn ? on : at;
        if (end <= now && end != before)
        {
            var member = isOn ? "expires_on" : "expires_at";
            body.Refuse(member, $"{member} is in the future");
        }

        return end;
    }

    private static DateTimeOffset? Moment(BodyReader body, string member)
    {
        if (body.OptionalText(member, 40) is not { } text)
        {
            return null;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at))
        {
            return at;
        }

        body.Refuse(member, $"{member} is a time (RFC 3339)");
        return null;
    }
}
