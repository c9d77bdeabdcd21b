using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Users;

/// <summary>One person who has signed in, or whom an identity provider has provisioned.</summary>
public sealed record UserModel
{
    public required JsonObject User { get; init; }

    /// <summary>What is open now; null when that could not be read.</summary>
    public required IReadOnlyList<JsonObject>? Sessions { get; init; }

    /// <summary>Why <see cref="Sessions"/> could not be read.</summary>
    public required string NoSessions { get; init; }

    /// <summary>Who they were when they were last given access; null when that is not known.</summary>
    public required JsonObject? Identity { get; init; }

    /// <summary>What was refused, newest first; null when that could not be read.</summary>
    public required IReadOnlyList<JsonObject>? FailedLogins { get; init; }

    /// <summary>Why <see cref="FailedLogins"/> could not be read.</summary>
    public required string NoFailedLogins { get; init; }

    /// <summary>Identity providers that have provisioned them, by name where that may be seen, and whether they say that the account is active.</summary>
    public required IReadOnlyList<(string Provider, bool IsActive)> Provisioned { get; init; }

    public string Id => (string?)User["id"] ?? "";

    public string Email => (string?)User["email"] ?? "";
}

/// <summary><c>/users</c>: who has signed in or was provisioned, what they have open, who they were last, what was refused to them; ending all of it.</summary>
public static class UserPages
{
    private const string Path = "access/users";

    public static void MapUsers(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/users");
        group.MapGet("/", async (HttpRequest request, AdminApi api, CancellationToken ct) =>
        {
            var (view, refused) = await ListView.TryLoadAsync(api, Path, request, ct);
            return refused is null ? PageResult.Of<UserList>(new { View = view }) : PageResult.Failed(refused, "user");
        });
        group.MapGet("/{id:guid}", ShowAsync);
        group.MapGet("/{id:guid}/revoke", (Guid id, AdminApi api, CancellationToken ct) => AskAsync(id, api, null, ct));
        group.MapPost("/{id:guid}/revoke", async (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var call = Revoke(id);
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? flashes.Redirect(context, $"/users/{id}", "Everything that was open has ended.", call) : await AskAsync(id, api, answer, ct);
        });
    }

    private static ApiCall Revoke(Guid id) => ApiCall.Post($"{Path}/{id}/revoke");

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, CancellationToken ct)
    {
        var user = await api.GetAsync($"{Path}/{id}", ct);
        if (!user.Success)
        {
            return PageResult.Failed(user, "user");
        }

        var sessions = await api.GetAsync($"{Path}/{id}/active_sessions", ct);
        var identity = await api.GetAsync($"{Path}/{id}/last_seen_identity", ct);
        var failed = await api.GetAsync($"{Path}/{id}/failed_logins", ct);
        return PageResult.Of<UserPage>(new
        {
            Model = new UserModel
            {
                User = user.Object,
                Sessions = sessions.Success ? sessions.Items : null,
                NoSessions = Why(sessions),
                Identity = identity.Success ? identity.Object : null,
                FailedLogins = failed.Success ? failed.Items : null,
                NoFailedLogins = Why(failed),
                Provisioned = await ProvisionedAsync(user.Object, api, ct),
            },
        });
    }

    private static async Task<IReadOnlyList<(string, bool)>> ProvisionedAsync(JsonObject user, AdminApi api, CancellationToken ct)
    {
        if (user["provisioned"] is not JsonArray { Count: > 0 } profiles)
        {
            return [];
        }

        var names = (await api.GetAsync("access/identity_providers?per_page=1000", ct)).Items.ToDictionary(provider => (string?)provider["id"] ?? "", provider => (string?)provider["name"] ?? "", StringComparer.Ordinal);
        return [.. profiles.OfType<JsonObject>().Select(profile => ((string?)profile["identity_provider_id"] ?? "", (bool?)profile["active"] == true)).Select(profile => (names.GetValueOrDefault(profile.Item1, profile.Item1), profile.Item2))];
    }

    private static string Why(ApiAnswer answer) => ObjectForm.Explain(answer)[0].Reason;

    private static async Task<IResult> AskAsync(Guid id, AdminApi api, ApiAnswer? refused, CancellationToken ct)
    {
        var user = await api.GetAsync($"{Path}/{id}", ct);
        if (!user.Success)
        {
            return PageResult.Failed(user, "user");
        }

        var email = (string?)user.Object["email"] ?? "";
        var grants = await api.GetAsync($"access/grants?email={Uri.EscapeDataString(email)}&status=active&per_page=1000", ct);
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"End all access of {email}?",
                Button = "End it",
                Back = $"/users/{id}",
                Call = Revoke(id),
                Draft = new Draft { Errors = refused is null ? [] : ObjectForm.Explain(refused) },
                Crumbs = (IReadOnlyList<(string, string)>)[("/users", "Users"), ($"/users/{id}", email)],
                Consequences = (IReadOnlyList<string>)
                [
                    GrantWords.Consequence(grants, "application_id", "application", "No grant is active: nothing but the sign-on ends."),
                    "They are signed out at the team domain as well: the next sign-in asks the identity provider.",
                    "They can sign in again where policies still admit them. Remove them there, or from a group, if they must not.",
                ],
            },
            refused?.Status ?? StatusCodes.Status200OK);
    }
}
