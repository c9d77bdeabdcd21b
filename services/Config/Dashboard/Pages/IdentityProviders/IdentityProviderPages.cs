using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary>An identity provider as its page shows it.</summary>
public sealed record IdentityProviderModel
{
    public required Draft Draft { get; init; }

    /// <summary>Empty for a new one.</summary>
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string ETag { get; init; } = "";

    public Preview? Preview { get; init; }

    /// <summary>What has to be registered at the provider.</summary>
    public string CallbackUrl { get; init; } = "";

    public string Type => Draft.Text("/type");
}

/// <summary><c>/identity-providers</c>: ways to sign in.</summary>
public static class IdentityProviderPages
{
    private const string Path = "access/identity_providers";
    private static readonly string[] s_texts = ["client_id", "issuer_url", "auth_url", "token_url", "certs_url", "userinfo_url", "end_session_url", "email_claim_name", "groups_claim_name", "base_url"];

    public static void MapIdentityProviders(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/identity-providers");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) => PageResult.Of<IdentityProviderList>(new { View = await ListView.LoadAsync(api, Path, request, ct) }));
        group.MapGet("/new", (string? type, ConfigurationLog log) => type is "oidc" or "github" or "onetimepin" ? Form(Suggestion(type), null, log, "", null, StatusCodes.Status200OK) : PageResult.Of<IdentityProviderChoice>());
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", async (Guid id, AdminApi api, ConfigurationLog log, CancellationToken ct) =>
        {
            var stored = await api.GetAsync($"{Path}/{id}", ct);
            return stored.Success ? Form(new Draft(stored.Object), stored, log, id.ToString(), null, StatusCodes.Status200OK) : PageResult.Failed(stored, "identity provider");
        });
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, CancellationToken ct) => Removal.AskAsync(api, Target(id), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, CancellationToken ct) => Removal.DoAsync(context, api, Target(id), ct));
    }

    private static Removable Target(Guid id) => new("identity provider", $"{Path}/{id}", "/identity-providers", "Identity providers", $"/identity-providers/{id}")
    {
        Consequences = ["Nobody can sign in with it any more. People who are signed in stay so until their sessions end.", "Its client secret is forgotten: to bring it back, the secret has to be entered again."],
    };

    private static Draft Suggestion(string type)
    {
        var draft = new Draft();
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

    private static async Task<IResult> CreateAsync(HttpContext context, ConfigurationLog log)
    {
        var type = context.Request.Form["/type"].ToString();
        var draft = Suggestion(type is "oidc" or "github" ? type : "onetimepin");
        Take(draft, context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ApiCall.Post(Path, (JsonObject)draft.Value.DeepClone()),
            draft,
            answer => ($"/identity-providers/{answer.Object["id"]}", "People can sign in with it now, wherever an application allows it."),
            (preview, status) => Task.FromResult(Form(draft, null, log, "", preview, status)));
    }

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, ConfigurationLog log, CancellationToken ct)
    {
        var stored = await api.GetAsync($"{Path}/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "identity provider");
        }

        var draft = new Draft(stored.Object);
        Take(draft, context.Request.Form);
        return await ObjectForm.AnswerAsync(
            context,
            ObjectForm.Change($"{Path}/{id}", stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
            draft,
            _ => ($"/identity-providers/{id}", "Saved."),
            (preview, status) => Task.FromResult(Form(draft, stored, log, id.ToString(), preview, status)));
    }

    private static void Take(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/name");
        if (draft.Text("/type") == "onetimepin")
        {
            return;
        }

        foreach (var member in s_texts)
        {
            draft.TakeText(form, "/config/" + member, optional: true);
        }

        // An empty field keeps the secret that is there: it is never shown, so it cannot be sent back.
        if (form["/config/client_secret"].ToString().Length > 0)
        {
            draft.Set("/config/client_secret", form["/config/client_secret"].ToString());
        }

        if (draft.Text("/type") == "oidc")
        {
            draft.TakeLines(form, "/config/scopes");
            draft.TakeLines(form, "/config/claims");
            draft.TakeFlag(form, "/config/pkce_enabled");
        }
    }

    private static IResult Form(Draft draft, ApiAnswer? stored, ConfigurationLog log, string id, Preview? preview, int status) => PageResult.Of<IdentityProviderEdit>(
        new
        {
            Model = new IdentityProviderModel
            {
                Draft = draft,
                Id = id,
                Name = (string?)stored?.Object["name"] ?? "",
                ETag = stored?.ETag ?? "",
                Preview = preview,
                CallbackUrl = log.Current.Snapshot.Organization is { } organization ? organization.AuthDomain + "/cdn-cgi/access/callback" : "",
            },
        },
        status);
}
