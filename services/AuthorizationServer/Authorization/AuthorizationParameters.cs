namespace ManagedOAuth.AuthorizationServer.Authorization;

/// <summary>Names of the parameters of an authorization request.</summary>
internal static class AuthorizationParameters
{
    public const string ClientId = "client_id";
    public const string RedirectUri = "redirect_uri";
    public const string ResponseType = "response_type";
    public const string ResponseMode = "response_mode";
    public const string State = "state";
    public const string Scope = "scope";
    public const string CodeChallenge = "code_challenge";
    public const string CodeChallengeMethod = "code_challenge_method";
    public const string Resource = "resource";
    public const string Prompt = "prompt";
    public const string Request = "request";
    public const string RequestUri = "request_uri";

    /// <summary>Those that mean something here and may come once only; <c>resource</c> may repeat (RFC 8707 §2.1).</summary>
    public static readonly IReadOnlyList<string> Single =
    [
        ClientId, RedirectUri, ResponseType, ResponseMode, State, Scope, CodeChallenge, CodeChallengeMethod, Prompt, Request, RequestUri,
    ];
}
