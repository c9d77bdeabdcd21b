using ManagedOAuth.Config.Dashboard.Access;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>The fields of a form that are sent once more when its consequences are confirmed.</summary>
public static class ConfirmedFields
{
    /// <summary>All but the button and the anti-forgery token, which the confirmation has itself.</summary>
    public static IReadOnlyList<(string Name, string Value)> Of(IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(form);
        return [.. form.Where(field => field.Key != "action" && field.Key != FormToken.Field).SelectMany(field => field.Value.OfType<string>().Select(value => (field.Key, value)))];
    }
}
