using System.Net.Http.Headers;
using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.GitHub;

/// <summary>Reads from GitHub's REST API who a user is: id, primary verified address, organizations and teams.</summary>
public sealed class GitHubApi(ProviderHttp http)
{
    private const int PageSize = 100;
    private const int MaximumPages = 6;

    /// <summary>The user of an access token. A token that GitHub no longer accepts is a refusal.</summary>
    public async Task<ProviderAnswer> UserAsync(GitHubSettings settings, string accessToken, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var user = await GetAsync(settings, "/user", accessToken, cancellation);
        if (user.Status is 401 or 403)
        {
            return ProviderAnswer.Refused("invalid_grant", "GitHub no longer accepts the user's authorization");
        }

        if (user is not { Status: 200, Json: { ValueKind: JsonValueKind.Object } profile } || !profile.TryGetProperty("id", out var id) || id.ValueKind != JsonValueKind.Number)
        {
            throw Unexpected(settings, user);
        }

        // All at once: a refresh has three seconds for everything.
        var emails = ListAsync(settings, "/user/emails", accessToken, cancellation);
        var organizations = ListAsync(settings, "/user/orgs", accessToken, cancellation);
        var teams = ListAsync(settings, "/user/teams", accessToken, cancellation);
        await Task.WhenAll(emails, organizations, teams);

        var primary = (await emails).FirstOrDefault(email => IsTrue(email, "primary") && IsTrue(email, "verified"));
        if (Text(primary, "email") is not { } address)
        {
            return ProviderAnswer.Refused("email_not_verified", "Your primary e-mail address there is not verified. Verify it, then sign in again.");
        }

        if (!EmailAddress.TryNormalize(address, out var normalized))
        {
            return ProviderAnswer.Refused("bad_email", "Your primary e-mail address there cannot be used here.");
        }

        var claims = ClaimsOf(await organizations, await teams);
        return ClaimValues.AreTooLarge(claims)
            ? ProviderAnswer.Refused("claims_too_large", "You are in more organizations and teams than can be used here.")
            : ProviderAnswer.Of(id.GetRawText(), normalized, claims);
    }

    // Names of organizations and teams do not distinguish case there, so policies find them in lower case.
    private static Dictionary<string, IReadOnlyList<string>> ClaimsOf(IReadOnlyList<JsonElement> organizations, IReadOnlyList<JsonElement> teams)
    {
        var names = organizations.Select(organization => Text(organization, "login"))
            .Concat(teams.Select(team => team.TryGetProperty("organization", out var organization) && Text(organization, "login") is { } login && Text(team, "slug") is { } slug ? $"{login}/{slug}" : null));
        string[] groups = [.. names.OfType<string>().Select(name => name.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
        return groups.Length == 0 ? [] : new Dictionary<string, IReadOnlyList<string>> { [IdentityClaims.Groups] = groups };
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(GitHubSettings settings, string path, string accessToken, CancellationToken cancellation)
    {
        var items = new List<JsonElement>();
        for (var page = 1; page <= MaximumPages; page++)
        {
            var reply = await GetAsync(settings, $"{path}?per_page={PageSize}&page={page}", accessToken, cancellation);
            if (reply is not { Status: 200, Json: { ValueKind: JsonValueKind.Array } list })
            {
                throw Unexpected(settings, reply);
            }

            items.AddRange(list.EnumerateArray());
            if (list.GetArrayLength() < PageSize)
            {
                return items;
            }
        }

        // More than IdentityClaims.MaximumValues already, so it is refused as too large and never taken for the whole list.
        return items;
    }

    private async Task<OutboundReply> GetAsync(GitHubSettings settings, string path, string accessToken, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, settings.ApiUrl + path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        request.Headers.Accept.ParseAdd("application/vnd.github+json");
        request.Headers.UserAgent.ParseAdd("ManagedOAuth");
        request.Headers.Add("X-GitHub-Api-Version", "2022-11-28");
        var reply = await http.SendAsync(request, cancellation);
        return reply.Status >= 500 || reply.IsRateLimited ? throw Unexpected(settings, reply) : reply;
    }

    private static OutboundUnavailableException Unexpected(GitHubSettings settings, OutboundReply reply) => new($"{settings.ApiUrl} answered {reply.Status}");

    private static bool IsTrue(JsonElement item, string member)
        => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.True;

    private static string? Text(JsonElement item, string member)
        => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
