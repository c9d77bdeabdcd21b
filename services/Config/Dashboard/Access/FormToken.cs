using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// The anti-forgery token of every form: sealed, for one administrator, valid for twelve hours. A page of another site can neither read one nor make
/// one, and a token that somebody else was given says another name.
/// </summary>
public sealed class FormToken(IDataProtectionProvider protection)
{
    /// <summary>Name of the hidden field.</summary>
    public const string Field = "form-token";

    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(12);
    private readonly ITimeLimitedDataProtector _protector = protection.CreateProtector("dashboard.form").ToTimeLimitedDataProtector();

    /// <summary>A token for the forms of a page.</summary>
    /// <param name="actor">Whose page it is: an administrator, or a browser before the sign-in.</param>
    public string Create(string actor) => _protector.Protect(actor, s_lifetime);

    /// <summary>Whether a form comes from our page for this actor. Where the browser says which site sent it, that has to be ours.</summary>
    public bool Accepts(HttpRequest request, string? presented, string actor)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" && presented is { Length: > 0 and < 4000 } && Unseal(presented) == actor;
    }

    private string? Unseal(string presented)
    {
        try
        {
            return _protector.Unprotect(presented);
        }
        catch (Exception refused) when (refused is CryptographicException or FormatException)
        {
            // Expired, broken, or not ours: the form is refused.
            return null;
        }
    }
}
