using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Applications;

/// <summary>
/// What scripts of other sites may ask: one choice of three in the form, which are <c>cors_headers</c> and <c>options_preflight_bypass</c> of the
/// application, of which it has at most one.
/// </summary>
public static class CorsForm
{
    /// <summary>Name of the choice.</summary>
    public const string Choice = "cors";

    /// <summary>Preflights are answered here, by <see cref="Headers"/>.</summary>
    public const string Answered = "headers";

    /// <summary>Preflights go to the origin, without a sign-in.</summary>
    public const string Bypassed = "bypass";

    public const string Headers = "/cors_headers";
    public const string MaxAge = Headers + "/max_age";
    public const string Bypass = "/options_preflight_bypass";

    private static readonly string[] s_flags = ["/allow_all_origins", "/allow_all_methods", "/allow_all_headers", "/allow_credentials"];
    private static readonly string[] s_lists = ["/allowed_origins", "/allowed_methods", "/allowed_headers"];

    /// <summary>Whether an application may say anything of it: scripts never reach an MCP server itself.</summary>
    public static bool IsFor(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Text("/type") != "mcp";
    }

    /// <summary>The choices that an application has: a portal has no origin behind it to pass anything to.</summary>
    public static IReadOnlyList<(string Value, string Label)> ChoicesOf(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        (string, string)[] everywhere = [("", "Refused without a sign-in"), (Answered, "Answered here")];
        return draft.Text("/type") == "mcp_portal" ? everywhere : [.. everywhere, (Bypassed, "Passed to the origin")];
    }

    /// <summary>Which of the three an application has; both at once only where the API has just refused that.</summary>
    public static string ChoiceOf(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Has(Headers) ? Answered : draft.Flag(Bypass) ? Bypassed : "";
    }

    /// <summary>Puts the fields into the application. A form without the choice says nothing of it.</summary>
    public static void Take(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        if (form[Choice].Count == 0)
        {
            return;
        }

        var choice = form[Choice].ToString();
        draft.Set(Bypass, choice == Bypassed);
        if (choice != Answered)
        {
            draft.Set(Headers, null);
            return;
        }

        foreach (var flag in s_flags)
        {
            draft.TakeFlag(form, Headers + flag);
        }

        foreach (var list in s_lists)
        {
            draft.TakeLines(form, Headers + list);
        }

        draft.TakeText(form, MaxAge, optional: true);

        // What is no number stays as it was typed, and the API says what it has to be.
        if (int.TryParse(draft.Text(MaxAge), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
        {
            draft.Set(MaxAge, JsonValue.Create(seconds));
        }
    }
}
