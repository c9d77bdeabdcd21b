using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary><c>/identity-providers</c>: ways to sign in, and whether they work.</summary>
public sealed class IdentityProviderPages() : ObjectPages(PageKind.Find("identity_provider")!)
{
    private static readonly string[] s_texts = ["client_id", "issuer_url", "auth_url", "token_url", "certs_url", "userinfo_url", "end_session_url", "email_claim_name", "groups_claim_name", "base_url", "token_endpoint_auth_method", "private_key_id"];

    protected override IReadOnlyList<string> RemovalConsequences =>
        ["Nobody can sign in with it any more, and whoever did is signed out: what clients and browsers hold by it ends within a second.", "It can be brought back from its history, with the secret that it has now; what has ended stays ended, and its users sign in again."];

    protected override async Task<IReadOnlyList<string>> RemovalFiguresAsync(AdminApi api, JsonObject item, Preview? preview, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(item);
        if (preview is { Ending: not null, Consequence.Length: > 0 })
        {
            // The preview tells it already. It does not look through everything; this does.
            return [];
        }

        var grants = await api.GetAsync($"access/grants?identity_provider_id={item["id"]}&status=active&per_page=1000", ct);
        if (!grants.Success)
        {
            return [GrantWords.Consequence(grants, "email", "user", "")];
        }

        var users = grants.Items.Select(grant => (string?)grant["email"]).Distinct(StringComparer.Ordinal).Count();
        return [grants.TotalCount == 0
            ? "No active grant was opened by a sign-in with it: nobody loses access."
            : $"{Moments.Count(grants.TotalCount, "active grant")} of {(grants.IsShortened ? "at least " : "")}{Moments.Count(users, "user")} were opened by a sign-in with it, and end."];
    }

    protected override SaveQuestion? Question(string id, string name) => base.Question(id, name)! with { Secrets = [new("/config/client_secret", "Client secret"), new("/config/private_key", "Private key", IsLong: true)] };

    protected override string Created(JsonObject made) => "People can sign in with it now, wherever an application allows it.";

    protected override IResult List(ListView view) => PageResult.Of<IdentityProviderList>(new { View = view });

    protected override Draft Suggestion(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var draft = new Draft();
        var type = (request.HasFormContentType ? request.Form["/type"] : request.Query["type"]).ToString();
        if (type is not ("oidc" or "github" or "onetimepin"))
        {
            return draft;
        }

        draft.Set("/type", type);
        draft.Set("/name", type switch { "onetimepin" => "One-time PIN", "github" => "GitHub", _ => "" });
        draft.Set("/config", new JsonObject());
        if (type == "oidc")
        {
            draft.SetList("/config/scopes", ["openid", "profile", "email"]);
            draft.Set("/config/pkce_enabled", true);
        }

        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        draft.TakeText(form, "/name");
        if (draft.Text("/type") is "onetimepin" or "")
        {
            return draft.Text("/type").Length == 0;
        }

        foreach (var member in s_texts)
        {
            draft.TakeText(form, "/config/" + member, optional: true);
        }

        TakeSecret(draft, form, "/config/client_secret");
        if (draft.Text("/type") != "oidc")
        {
            return false;
        }

        TakeSecret(draft, form, "/config/private_key");
        draft.TakeLines(form, "/config/scopes");
        draft.TakeLines(form, "/config/claims");
        draft.TakeFlag(form, "/config/pkce_enabled");
        return !AuthorizationParameters.TryTake(draft, form);
    }

    // An empty field keeps the secret that is there: it is never shown, so it cannot be sent back.
    private static void TakeSecret(Draft draft, IFormCollection form, string pointer)
    {
        var secret = form[pointer].ToString();
        if (!string.IsNullOrWhiteSpace(secret))
        {
            draft.Set(pointer, secret.ReplaceLineEndings("\n"));
        }
    }

    protected override Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(model);
        if (model.Draft.Text("/type").Length == 0)
        {
            return Task.FromResult(PageResult.Of<IdentityProviderChoice>());
        }

        var organization = context.RequestServices.GetRequiredService<ConfigurationLog>().Current.Snapshot.Organization;
        var callback = organization is null ? "" : organization.AuthDomain + "/cdn-cgi/access/callback";
        return Task.FromResult(PageResult.Of<IdentityProviderEdit>(new { Model = model, CallbackUrl = callback }, status));
    }

    /// <summary>Provisioning; and a login that signs nobody in: begun by a form, done in another window, and its outcome read here.</summary>
    protected override void MapMore(RouteGroupBuilder group)
    {
        ArgumentNullException.ThrowIfNull(group);
        group.MapScim();
        group.MapProvisionedPages();
        group.MapPost("/{id:guid}/test", (Guid id, AdminApi api, CancellationToken ct) => TestAsync(id, api, ApiCall.Post($"{Kind.ApiPath}/{id}/test"), "", ct));
        group.MapGet("/{id:guid}/test/{test}", (Guid id, string test, AdminApi api, CancellationToken ct)
            => TestAsync(id, api, ApiCall.Get($"{Kind.ApiPath}/{id}/test/{Uri.EscapeDataString(test)}"), test, ct));
    }

    private async Task<IResult> TestAsync(Guid id, AdminApi api, ApiCall call, string test, CancellationToken ct)
    {
        var stored = await api.GetAsync($"{Kind.ApiPath}/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, Kind.Noun);
        }

        var answer = await api.SendAsync(call, ct);
        return !answer.Success
            ? PageResult.Failed(answer, "test; tests are kept for ten minutes")
            : PageResult.Of<IdentityProviderTest>(new { Id = id.ToString(), Name = (string?)stored.Object["name"] ?? "", Test = test.Length > 0 ? test : (string?)answer.Object["id"] ?? "", Answer = answer.Object });
    }
}
