namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The services that may call a gRPC method, on the method or on the whole service class (the method's own wins). A method
/// without it is open to nobody and keeps the service from starting.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = false, Inherited = true)]
public sealed class AllowedCallersAttribute(params string[] services) : Attribute
{
    /// <summary>Names as in <c>ServiceIdentity:Name</c>.</summary>
    public IReadOnlyList<string> Services { get; } = services;

    /// <summary>Whether this service is one of them.</summary>
    public bool Allows(string service) => Services.Contains(service, StringComparer.Ordinal);
}
