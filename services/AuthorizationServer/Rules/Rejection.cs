namespace ManagedOAuth.AuthorizationServer.Rules;

/// <summary>Why a rule refuses a request.</summary>
/// <param name="Error">The error code of the protocol: <c>invalid_request</c>.</param>
/// <param name="Description">For the client's developer: ASCII without quotes and backslashes (RFC 6749 §4.1.2.1), never a value that the client sent.</param>
public sealed record Rejection(string Error, string Description);
