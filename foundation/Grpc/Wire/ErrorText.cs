namespace Grpc.Wire;

/// <summary>Exceptions as text of a status.</summary>
internal static class ErrorText
{
    /// <summary>Type and message of the exception and of each one inside it.</summary>
    public static string Chain(Exception exception)
    {
        List<string> parts = [];
        for (var e = exception; e is not null; e = e.InnerException)
        {
            parts.Add($"{e.GetType().Name}: {e.Message}");
        }

        return string.Join(" ", parts);
    }
}
