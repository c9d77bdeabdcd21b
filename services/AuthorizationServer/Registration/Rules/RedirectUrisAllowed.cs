using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.Registration.Rules;

/// <summary>
/// The redirect URIs that the application's rules admit are registered, the others are recorded as refused; when none is admitted the request
/// is refused.
/// </summary>
public sealed class RedirectUrisAllowed : IRule<RegistrationContext>
{
    // A URI whose own query has one of these could pass for an answer of this server.
    private static readonly string[] s_responseParameters = ["code", "state", "iss", "error", "error_description", "error_uri"];

    /// <inheritdoc />
    public string Id => "redirect_uris_allowed";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §2.3.1, RFC 8252 §7, RFC 7591 §3.2.2";

    /// <inheritdoc />
    public Rejection? Check(RegistrationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var allowed = new List<string>();
        var refused = new List<string>();
        string? firstProblem = null;
        foreach (var uri in context.Request.RedirectUris!)
        {
            if (Problem(context, uri) is { } problem)
            {
                firstProblem ??= problem;
                refused.Add(uri ?? "");
            }
            else if (!allowed.Contains(uri!))
            {
                allowed.Add(uri!);
            }
        }

        (context.RedirectUris, context.RefusedRedirectUris) = (allowed, refused);
        return allowed.Count > 0 ? null : new Rejection(Errors.InvalidRedirectUri, $"No redirect URI can be registered: the first one {firstProblem}.");
    }

    private static string? Problem(RegistrationContext context, string? uri)
    {
        if (uri is null)
        {
            return "is no string";
        }

        var question = uri.IndexOf('?', StringComparison.Ordinal);
        if (question >= 0 && (!Parameters.TryParse(uri[question..], out var query) || s_responseParameters.Any(query.Has)))
        {
            return "has a query with the name of a response parameter";
        }

        return RedirectRules.Problem(context.Settings, uri);
    }
}
