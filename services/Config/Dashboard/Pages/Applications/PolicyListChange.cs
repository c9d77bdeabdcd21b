using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>A change of the policies of an application, as its page asks for it.</summary>
/// <param name="Call">The request that makes it.</param>
/// <param name="Policy">The policy that is attached, moved or detached; null where the form names none.</param>
/// <param name="IsDetach">It is taken off.</param>
public sealed record PolicyListChange(ApiCall Call, JsonObject? Policy, bool IsDetach)
{
    private const string Detach = "remove:";

    /// <summary>Reads the form into the draft.</summary>
    public static PolicyListChange Of(Guid application, JsonObject stored, Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var action = form["change"].ToString();
        var id = action[(action.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var policy = draft.Objects("/policies").FirstOrDefault(policy => (string?)policy["id"] == id);
        var tag = form[ObjectForm.ETagField].ToString() is { Length: > 0 } shown ? shown : null;
        if (action.StartsWith(Detach, StringComparison.Ordinal) && policy is not null)
        {
            // One of the application's own goes with it; a list without it would leave it behind, with nobody to show it.
            return new PolicyListChange(ApiCall.Delete($"access/apps/{application}/policies/{id}") with { IfMatch = tag }, policy, IsDetach: true);
        }

        ApplicationForms.Policies(draft, form);
        return new PolicyListChange(ObjectForm.Change($"access/apps/{application}", stored, draft, tag), policy, IsDetach: false);
    }

    /// <summary>The page that says what follows, and asks.</summary>
    public IResult Ask(Guid application, string name, Preview preview, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(preview);
        ArgumentNullException.ThrowIfNull(form);
        var policy = (string?)Policy?["name"];
        var page = $"/applications/{application}/policies";
        return PageResult.Of<ConfirmPage>(new
        {
            Title = IsDetach ? $"Detach {policy}?" : policy is null ? $"Attach this policy to {name}?" : $"Change the place of {policy}?",
            Button = IsDetach ? "Detach" : policy is null ? "Attach" : "Change the order",
            Back = page,
            Action = page,
            Call,
            Fields = ConfirmedFields.Of(form),
            Crumbs = (IReadOnlyList<(string, string)>)[("/applications", "Applications"), ($"/applications/{application}", name), (page, "Policies")],
            Consequences = (IReadOnlyList<string>)
            [
                preview.Consequence,
                .. IsDetach && (bool?)Policy?["reusable"] == false ? ["The policy belongs to this application alone, and is removed with it. It can be taken back."] : Array.Empty<string>(),
                "Whoever no longer gets in by these policies is asked to sign in again, and refused.",
            ],
        });
    }
}
