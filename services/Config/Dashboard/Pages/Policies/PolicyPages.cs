using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Applications;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Pages.Policies;

/// <summary>A policy as its page shows it.</summary>
public sealed record PolicyModel
{
    public required Draft Draft { get; init; }

    public required RuleChoices Choices { get; init; }

    /// <summary>Empty for a new one.</summary>
    public string Id { get; init; } = "";

    public string Name { get; init; } = "";

    public string ETag { get; init; } = "";

    public Preview? Preview { get; init; }

    /// <summary>The applications that use it.</summary>
    public IReadOnlyList<JsonObject> UsedBy { get; init; } = [];

    public string TestEmail { get; init; } = "";

    public PolicyDecision? TestDecision { get; init; }
}

/// <summary><c>/policies</c>: reusable policies and their rules.</summary>
public static class PolicyPages
{
    public static void MapPolicies(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/policies");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) => PageResult.Of<PolicyList>(new { View = await ListView.LoadAsync(api, "access/policies", request, ct) }));
        group.MapGet("/new", (AdminApi api, CancellationToken ct) => NewAsync(api, Suggestion(), null, StatusCodes.Status200OK, ct));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", ShowAsync);
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, CancellationToken ct) => Removal.AskAsync(api, Kind(id), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, CancellationToken ct) => Removal.DoAsync(context, api, Kind(id), ct));
    }

    private static Removable Kind(Guid id) => new("policy", $"access/policies/{id}", "/policies", "Policies", $"/policies/{id}")
    {
        Consequences = ["No application uses a policy that can be removed: nobody's access changes.", "Its history stays."],
    };

    private static Draft Suggestion()
    {
        var draft = new Draft();
        draft.Set("/decision", "allow");
        draft.Set("/include", new JsonArray(new JsonObject { ["email_domain"] = new JsonObject() }));
        return draft;
    }

    private static async Task<IResult> NewAsync(AdminApi api, Draft draft, Preview? preview, int status, CancellationToken ct)
        => PageResult.Of<PolicyEdit>(new { Model = new PolicyModel { Draft = draft, Preview = preview, Choices = await RuleChoices.LoadAsync(api, ct) } }, status);

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var draft = new Draft();
        return Take(draft, context.Request.Form)
            ? await NewAsync(api, draft, null, StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ApiCall.Post("access/policies", (JsonObject)draft.Value.DeepClone()),
                draft,
                answer => ($"/policies/{answer.Object["id"]}", $"The policy {answer.Object["name"]} exists. Attach it to the applications it is for."),
                (preview, status) => NewAsync(api, draft, preview, status, ct));
    }

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, HttpRequest request, ConfigurationLog log, TimeProvider clock, CancellationToken ct)
    {
        var stored = await api.GetAsync($"access/policies/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "policy");
        }

        var email = request.Query["email"].ToString().Trim().ToLowerInvariant();
        var decision = email.Length > 0 ? PolicyPreview.DecidePolicy(log.Current.Snapshot, id, email, clock.GetUtcNow()) : null;
        return await FormAsync(api, id, new Draft(stored.Object), stored, null, StatusCodes.Status200OK, ct, email, decision);
    }

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var stored = await api.GetAsync($"access/policies/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "policy");
        }

        var draft = new Draft(stored.Object);
        return Take(draft, context.Request.Form)
            ? await FormAsync(api, id, draft, stored, null, StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ObjectForm.Change($"access/policies/{id}", stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
                draft,
                _ => ($"/policies/{id}", "Saved. Grants that it no longer admits end now."),
                (preview, status) => FormAsync(api, id, draft, stored, preview, status, ct));
    }

    private static bool Take(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/decision");
        draft.TakeText(form, "/session_duration", optional: true);
        return RuleForm.Take(draft, form);
    }

    private static async Task<IResult> FormAsync(AdminApi api, Guid id, Draft draft, ApiAnswer stored, Preview? preview, int status, CancellationToken ct, string email = "", PolicyDecision? decision = null)
    {
        var applications = await api.GetAsync("access/apps?per_page=1000", ct);
        return PageResult.Of<PolicyEdit>(
            new
            {
                Model = new PolicyModel
                {
                    Draft = draft,
                    Choices = await RuleChoices.LoadAsync(api, ct),
                    Id = id.ToString(),
                    Name = (string?)stored.Object["name"] ?? "",
                    ETag = stored.ETag ?? "",
                    Preview = preview,
                    UsedBy = [.. applications.Items.Where(app => app["policies"] is JsonArray policies && policies.OfType<JsonObject>().Any(policy => (string?)policy["id"] == id.ToString()))],
                    TestEmail = email,
                    TestDecision = decision,
                },
            },
            status);
    }
}
