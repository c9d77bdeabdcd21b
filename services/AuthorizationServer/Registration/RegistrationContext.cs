using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>A registration as its rules see it: what was sent, and what will be registered.</summary>
public sealed class RegistrationContext(RegistrationRequest request, DynamicClientRegistration settings)
{
    /// <summary>What the client sent.</summary>
    public RegistrationRequest Request { get; } = request;

    /// <summary>The application's rules.</summary>
    public DynamicClientRegistration Settings { get; } = settings;

    /// <summary>Set by <see cref="Rules.RedirectUrisAllowed"/>.</summary>
    public IReadOnlyList<string> RedirectUris { get; set; } = [];

    /// <summary>Set by <see cref="Rules.RedirectUrisAllowed"/>: asked for and not registered, as the client sent them.</summary>
    public IReadOnlyList<string> RefusedRedirectUris { get; set; } = [];

    /// <summary>Set by <see cref="Rules.GrantTypesOffered"/>.</summary>
    public IReadOnlyList<string> GrantTypes { get; set; } = [];

    /// <summary>Set by <see cref="Rules.ResponseTypesOffered"/>.</summary>
    public IReadOnlyList<string> ResponseTypes { get; set; } = [];

    /// <summary>Set by <see cref="Rules.ClientNameHarmless"/>.</summary>
    public string? Name { get; set; }

    /// <summary>Set by <see cref="Rules.ScopeWellFormed"/>.</summary>
    public string? Scope { get; set; }
}
