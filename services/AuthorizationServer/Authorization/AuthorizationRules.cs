using ManagedOAuth.AuthorizationServer.Authorization.Rules;
using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization;

/// <summary>
/// What an authorization request must satisfy, in this order. Until <see cref="RedirectUriAllowedNow"/> has passed a refusal is a page: nothing
/// is ever sent to a redirect URI that is not proven.
/// </summary>
public static class AuthorizationRules
{
    /// <summary>The first rule that refuses decides.</summary>
    public static readonly IReadOnlyList<IRule<AuthorizationContext>> All =
    [
        // Refused on a page.
        new RequestReadable(),
        new ClientKnown(),
        new RedirectUriGiven(),
        new RedirectUriRegistered(),
        new RedirectUriAllowedNow(),

        // Refused at the redirect URI.
        new StateReturnable(),
        new ParametersNotRepeated(),
        new NoRequestObject(),
        new ResponseTypeCode(),
        new ResponseModeQuery(),
        new CodeChallengeS256(),
        new ResourceOfThisApplication(),
        new ScopeAcceptable(),
        new PromptPossible(),
    ];
}
