namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>The id of the control for a member.</summary>
public static class FieldId
{
    /// <summary><c>/grant/session_duration</c> -> <c>field-grant-session_duration</c>.</summary>
    public static string Of(string pointer)
    {
        ArgumentNullException.ThrowIfNull(pointer);
        return "field" + pointer.Replace('/', '-');
    }

    /// <summary>The ids of the hint and the error of a control, as <c>aria-describedby</c> has them; null where there is neither.</summary>
    public static string? Describing(string id, bool hasHint, bool hasError)
        => (hasHint, hasError) switch { (true, true) => $"{id}-hint {id}-error", (true, false) => $"{id}-hint", (false, true) => $"{id}-error", _ => null };
}
