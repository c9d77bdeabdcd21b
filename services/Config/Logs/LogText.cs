namespace ManagedOAuth.Config.Logs;

/// <summary>Texts of a log that come from elsewhere.</summary>
public static class LogText
{
    /// <summary>At most so long, without control characters and without what the database would refuse.</summary>
    public static string Bounded(string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Length <= most && !text.Any(char.IsControl) ? text : new string([.. text.Take(most).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? ' ' : c)]);
    }
}
