using ManagedOAuth.AuthorizationServer.Registration.Rules;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>What a registration request (RFC 7591) must satisfy, in this order.</summary>
public static class RegistrationRules
{
    /// <summary>The first rule that refuses decides.</summary>
    public static readonly IReadOnlyList<IRule<RegistrationContext>> All =
    [
        new RedirectUrisPresent(),
        new RedirectUrisAllowed(),
        new GrantTypesOffered(),
        new ResponseTypesOffered(),
        new KeysGivenOnce(),
        new ClientNameHarmless(),
        new ScopeWellFormed(),
    ];
}
