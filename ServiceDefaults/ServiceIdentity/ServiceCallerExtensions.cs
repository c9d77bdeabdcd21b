using Grpc.Core;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>Who is calling.</summary>
public static class ServiceCallerExtensions
{
    internal static readonly object Key = new();

    /// <summary>The verified name of the service that makes this gRPC call.</summary>
    /// <exception cref="InvalidOperationException">The method is exempt from the check (health).</exception>
    public static string GetCaller(this ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.UserState.TryGetValue(Key, out var caller)
            ? (string)caller
            : throw new InvalidOperationException($"{context.Method} has no verified caller.");
    }
}
