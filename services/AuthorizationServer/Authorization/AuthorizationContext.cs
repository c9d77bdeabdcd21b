using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Authorization;

/// <summary>An authorization request as its rules see it.</summary>
/// <param name="parameters">What was sent; null when it could not be read.</param>
/// <param name="application">The application whose authorization server was asked.</param>
/// <param name="client">The registered client of <c>client_id</c> at this application, if there is one.</param>
public sealed class AuthorizationContext(Parameters? parameters, Application application, RegisteredClient? client)
{
    /// <summary>Null when the request has bad escapes, bytes that are not UTF-8 or too many parameters.</summary>
    public Parameters? Parameters { get; } = parameters;

    public Application Application { get; } = application;

    public RegisteredClient? Client { get; } = client;

    /// <summary>Set by <see cref="Rules.RedirectUriGiven"/>: the URI to answer at.</summary>
    public string RedirectUri { get; set; } = "";

    /// <summary>Set by <see cref="Rules.RedirectUriAllowedNow"/>: client and redirect URI are proven, so errors are answered there.</summary>
    public bool MayRedirect { get; set; }

    /// <summary>Set by <see cref="Rules.StateReturnable"/>: what goes back with the answer.</summary>
    public string? State { get; set; }

    /// <summary>Set by <see cref="Rules.ResourceOfThisApplication"/>: as the client spelled it; empty = the application's own.</summary>
    public string Resource { get; set; } = "";

    /// <summary>Set by <see cref="Rules.ScopeAcceptable"/>.</summary>
    public string Scope { get; set; } = "";

    /// <summary>Set by <see cref="Rules.PromptPossible"/>: the user must log in even though they are signed on.</summary>
    public bool ForceLogin { get; set; }

    /// <summary>Set by <see cref="Rules.CodeChallengeS256"/>.</summary>
    public string CodeChallenge { get; set; } = "";
}
