using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Applications;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Dashboard.Pages.Policies;

/// <summary>What stands beside the form of a policy.</summary>
/// <param name="UsedBy">The applications that use it: the first of them.</param>
/// <param name="UserCount">How many that are.</param>
/// <param name="TestEmail">An address that was tried.</param>
/// <param name="TestDecision">What the policy says to it.</param>
public sealed record PolicyFacts(IReadOnlyList<JsonObject> UsedBy, long UserCount, string TestEmail, PolicyDecision? TestDecision);

/// <summary><c>/policies</c>: reusable policies and their rules.</summary>
public sealed class PolicyPages() : ObjectPages(PageKind.Find("policy")!)
{
    private const int MostUsers = 20;

    protected override IReadOnlyList<string> RemovalConsequences => ["No application uses a policy that can be removed: nobody's access changes.", "Its history stays, and it can be brought back."];

    protected override string Saved => "Saved. Grants that it no longer admits end now.";

    protected override string Created(JsonObject made) => $"The policy {made["name"]} exists. Attach it to the applications it is for.";

    protected override IResult List(ListView view) => PageResult.Of<PolicyList>(new { View = view });

    protected override Draft Suggestion(HttpRequest request)
    {
        var draft = new Draft();
        draft.Set("/decision", "allow");
        draft.Set("/include", new JsonArray(new JsonObject { ["email_domain"] = new JsonObject() }));
        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/decision");
        draft.TakeText(form, "/session_duration", optional: true);
        return RuleForm.Take(draft, form);
    }

    protected override async Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
    {
        var services = context.RequestServices;
        var api = services.GetRequiredService<AdminApi>();
        var choices = await RuleChoices.LoadAsync(api, ct);
        if (model.IsNew)
        {
            return PageResult.Of<PolicyEdit>(new { Model = model, Choices = choices }, status);
        }

        var email = context.Request.Query["email"].ToString().Trim().ToLowerInvariant();
        var decision = email.Length == 0 ? null : PolicyPreview.DecidePolicy(services.GetRequiredService<ConfigurationLog>().Current.Snapshot, Guid.Parse(model.Id), email, services.GetRequiredService<TimeProvider>().GetUtcNow());
        var users = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/apps?policy_id={model.Id}&per_page={MostUsers}"), ct);
        return PageResult.Of<PolicyEdit>(new { Model = model, Choices = choices, Facts = new PolicyFacts(users.Items, users.TotalCount, email, decision) }, status);
    }
}
