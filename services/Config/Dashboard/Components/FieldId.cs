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
}
