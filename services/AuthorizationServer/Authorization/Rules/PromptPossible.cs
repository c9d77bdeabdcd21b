using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>Consent is always asked, so <c>prompt=none</c> cannot succeed; <c>login</c> and <c>select_account</c> ask who the user is again; what is not known is ignored.</summary>
public sealed class PromptPossible : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "prompt_possible";

    /// <inheritdoc />
    public string Spec => "OpenID Connect Core §3.1.2.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var prompts = (context.Parameters!.One(AuthorizationParameters.Prompt) ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (prompts.Contains("none"))
        {
            return prompts.Length == 1
                ? new Rejection(Errors.InteractionRequired, "The user must be asked.")
                : new Rejection(Errors.InvalidRequest, "The prompt none cannot be combined with others.");
        }

        context.ForceLogin = prompts.Contains("login") || prompts.Contains("select_account");
        return null;
    }
}
