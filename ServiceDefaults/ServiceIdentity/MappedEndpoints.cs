using Microsoft.AspNetCore.Routing;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>What the application has mapped, for the check at start.</summary>
internal sealed class MappedEndpoints
{
    /// <summary>Null until <c>MapDefaultEndpoints</c> was called.</summary>
    public IEndpointRouteBuilder? Routes { get; set; }
}
