using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>A field whose value is not sent back.</summary>
/// <param name="Name">Of the field.</param>
/// <param name="Label">Of the field.</param>
/// <param name="IsLong">It has several lines.</param>
public sealed record SecretField(string Name, string Label, bool IsLong = false);

/// <summary>What is asked before a form is saved whose change ends somebody's access, or may.</summary>
/// <param name="Name">Of the object.</param>
/// <param name="Page">The page with the form, where the answer is posted to.</param>
/// <param name="Crumbs">The way to that page.</param>
public sealed record SaveQuestion(string Name, string Page, IReadOnlyList<(string Path, string Text)> Crumbs)
{
    /// <summary>Who has typed one of these types it once more.</summary>
    public IReadOnlyList<SecretField> Secrets { get; init; } = [];

    /// <summary>The page that says what follows. Going back shows the form as it was filled in.</summary>
    public IResult Ask(Preview preview, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(preview);
        ArgumentNullException.ThrowIfNull(form);
        var typed = Secrets.Where(secret => form[secret.Name].ToString().Length > 0).ToList();
        return PageResult.Of<ConfirmPage>(new
        {
            Title = $"Save {Name}?",
            Button = "Save anyway",
            Back = Page,
            Action = Page,
            preview.Call,
            Fields = (IReadOnlyList<(string, string)>)[.. ConfirmedFields.Of(form).Where(field => typed.TrueForAll(secret => secret.Name != field.Name))],
            Again = (IReadOnlyList<SecretField>)typed,
            GoesBack = true,
            Crumbs,
            preview.Changes,
            Consequences = (IReadOnlyList<string>)[preview.Consequence, "Whoever no longer gets in is asked to sign in again, and refused."],
        });
    }
}
