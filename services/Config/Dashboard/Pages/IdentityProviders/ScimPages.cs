using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary><c>/identity-providers/{id}/scim</c>: whether and how a provider provisions its users, and the secret by which it does, shown when it is made.</summary>
public static class ScimPages
{
    private const string Noun = "identity provider";

    public static void MapScim(this RouteGroupBuilder providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        providers.MapGet("/{id:guid}/scim", (Guid id, AdminApi api, CancellationToken ct) => ShowAsync(id, api, null, null, StatusCodes.Status200OK, ct));
        providers.MapPost("/{id:guid}/scim", SaveAsync);
        providers.MapGet("/{id:guid}/scim/secret", (Guid id, AdminApi api, CancellationToken ct) => AskAsync(id, api, null, ct));
        providers.MapPost("/{id:guid}/scim/secret", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var call = Renewal(id);
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? Secret(id, (string?)answer.Object["secret"] ?? "", (string?)answer.Object["scim_base_url"], call) : await AskAsync(id, api, answer, ct);
        });
    }

    private static string Path(Guid id) => $"access/identity_providers/{id}";

    private static string Page(Guid id) => $"/identity-providers/{id}/scim";

    private static ApiCall Renewal(Guid id) => ApiCall.Post($"{Path(id)}/refresh_scim_secret");

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, Draft? edited, Preview? preview, int status, CancellationToken ct)
    {
        var stored = await api.GetAsync(Path(id), ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, Noun);
        }

        var draft = edited ?? new Draft(stored.Object);
        if (!draft.Has("/scim_config"))
        {
            // As the API takes it where nothing is said.
            draft.Set("/scim_config/user_deprovision", true);
        }

        return PageResult.Of<ScimSettings>(new { Provider = stored.Object, Draft = draft, ETag = stored.ETag ?? "", Preview = preview }, status);
    }

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var stored = await api.GetAsync(Path(id), ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, Noun);
        }

        var draft = new Draft(stored.Object);
        foreach (var flag in (string[])["enabled", "user_deprovision", "group_member_deprovision", "seat_deprovision"])
        {
            draft.TakeFlag(context.Request.Form, "/scim_config/" + flag);
        }

        draft.TakeText(context.Request.Form, "/scim_config/identity_update_behavior");
        var call = ObjectForm.Change(Path(id), stored.Object, draft, context.Request.Form[ObjectForm.ETagField]);
        if (context.Request.Form["action"] == "preview")
        {
            return await ObjectForm.AnswerAsync(context, call, draft, _ => (Page(id), ""), (preview, status) => ShowAsync(id, api, draft, preview, status, ct));
        }

        var answer = await api.SendAsync(call, ct);
        if (!answer.Success)
        {
            draft.Errors = ObjectForm.Explain(answer);
            return await ShowAsync(id, api, draft, null, answer.Status, ct);
        }

        // Turned on for the first time: the secret is in this answer alone.
        return (string?)answer.Object["scim_config"]?["secret"] is { Length: > 0 } secret
            ? Secret(id, secret, (string?)answer.Object["scim_config"]?["scim_base_url"], call)
            : flashes.Redirect(context, Page(id), "Saved.", call);
    }

    private static async Task<IResult> AskAsync(Guid id, AdminApi api, ApiAnswer? refused, CancellationToken ct)
    {
        var stored = await api.GetAsync(Path(id), ct);
        return !stored.Success
            ? PageResult.Failed(stored, Noun)
            : PageResult.Of<ConfirmPage>(
                new
                {
                    Title = $"Make a new secret for {stored.Object["name"]}?",
                    Button = "Make a new secret",
                    Back = Page(id),
                    Call = Renewal(id),
                    Draft = new Draft { Errors = refused is null ? [] : ObjectForm.Explain(refused) },
                    Crumbs = (IReadOnlyList<(string, string)>)[("/identity-providers", "Identity providers"), (Page(id), (string?)stored.Object["name"] ?? "")],
                    Consequences = (IReadOnlyList<string>)
                    [
                        "The secret that the provider has now is refused at once: until it has the new one, nothing that it changes arrives here.",
                        "What has been provisioned stays.",
                    ],
                },
                refused?.Status ?? StatusCodes.Status200OK);
    }

    private static IResult Secret(Guid id, string secret, string? address, ApiCall call) => PageResult.Of<SecretPage>(new
    {
        Title = "Secret for provisioning",
        Values = (IReadOnlyList<(string, string)>)(address is null ? [("Secret (bearer token)", secret)] : [("Base URL", address), ("Secret (bearer token)", secret)]),
        Call = call,
        Done = Page(id),
    });
}
