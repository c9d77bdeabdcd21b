using Grpc.Core;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>What administrators search for.</summary>
public static class SearchText
{
    private const int Longest = 256;

    /// <summary>Refuses what nothing can be found by, and what the database does not take.</summary>
    /// <param name="name">The parameter, for the one who asks.</param>
    /// <param name="text">Its value.</param>
    /// <exception cref="RpcException">INVALID_ARGUMENT: control characters, or more than 256 characters.</exception>
    public static void Check(string name, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > Longest || text.Any(char.IsControl))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"{name} has at most {Longest} characters and no control characters"));
        }
    }
}
