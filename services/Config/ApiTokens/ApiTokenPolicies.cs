using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>
/// The original's shape of a token's permissions: <c>policies</c> with permission groups and the resources that they hold for. Here a permission
/// always holds for the whole account, so a policy for less is refused: it would look stricter than it is.
/// </summary>
public static class ApiTokenPolicies
{
    private const string Member = "policies";
    private const string Account = "com.cloudflare.api.account.";
    private const int Maximum = 50;

    /// <summary>The permissions that the policies of a body give.</summary>
    public static IReadOnlyList<ApiPermission> Read(BodyReader body, string account)
    {
        ArgumentNullException.ThrowIfNull(body);
        var permissions = new List<ApiPermission>();
        foreach (var (item, index) in body.Items(Member, Maximum).Select((item, index) => (item, index)))
        {
            var policy = body.Item(Member, index, item);
            if (policy.Text("effect", "allow", 10) != "allow")
            {
                policy.Refuse("effect", "effect is allow: a token holds the permissions it is given and no others");
            }

            var resources = policy.Nested("resources");
            foreach (var resource in resources?.Members ?? [])
            {
                if ((resource != Account + account && resource != Account + "*") || !resources!.IsText(resource, "*"))
                {
                    resources!.Refuse(resource, $"resources is {{\"{Account}{account}\":\"*\"}}: a token's permissions hold for the whole account");
                }
            }

            var groups = policy.Items("permission_groups", Maximum).Select(group =>
                group.ValueKind == JsonValueKind.Object && (group.TryGetProperty("id", out var name) || group.TryGetProperty("name", out name)) && name.ValueKind == JsonValueKind.String
                    ? name.GetString()!
                    : "");
            permissions.AddRange(ApiTokenReader.Named(policy, "permission_groups", [.. groups]));
        }

        return permissions;
    }

    /// <summary>A token's permissions as the one policy that they make.</summary>
    public static JsonArray Show(ApiToken token, string account)
    {
        ArgumentNullException.ThrowIfNull(token);
        var groups = token.Permissions.Select(permission => ApiPermissions.All.First(entry => entry.Permission == permission))
            .Select(entry => new JsonObject { ["id"] = entry.Id, ["name"] = entry.Name });
        return
        [
            new JsonObject
            {
                ["id"] = token.Id.ToString("N"),
                ["effect"] = "allow",
                ["resources"] = new JsonObject { [Account + account] = "*" },
                ["permission_groups"] = new JsonArray([.. groups]),
            },
        ];
    }
}
