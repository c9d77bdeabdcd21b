using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>
/// The security headers of one of our own responses: everything forbidden, and what the page needs added by name. Get it
/// with <c>context.PageSecurity()</c> before the response starts. Never applied to what an origin answered.
/// </summary>
public sealed class PageSecurity
{
    private readonly SortedSet<string> _formActions = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _images = new(StringComparer.Ordinal);
    private bool _ownStyles;
    private bool _ownScripts;
    private bool _ownConnections;
    private bool _opener;
    private bool _foreign;

    /// <summary>
    /// A fresh nonce (128 bits) for the inline scripts and styles of this response; reading it allows them. Null until read.
    /// </summary>
    public string Nonce => field ??= NewNonce();

    private bool HasNonce { get; set; }

    /// <summary>Allows forms that post to this page's own origin.</summary>
    public PageSecurity AllowForms()
    {
        _formActions.Add("'self'");
        return this;
    }

    /// <summary>
    /// Allows a form's answer to redirect to the origin or custom scheme of <paramref name="target"/>: browsers apply
    /// <c>form-action</c> to the redirects that follow a post, so a consent that ends at the client's redirect URI would be
    /// blocked without it.
    /// </summary>
    public PageSecurity AllowFormRedirect(Uri target)
    {
        ArgumentNullException.ThrowIfNull(target);
        _formActions.Add("'self'");
        _formActions.Add(Source(target));
        return this;
    }

    /// <summary>Allows images of one origin, and of this page's own.</summary>
    public PageSecurity AllowImages(Uri? origin = null)
    {
        _images.Add(origin is null ? "'self'" : Source(origin));
        return this;
    }

    /// <summary>Allows style sheets of this page's own origin.</summary>
    public PageSecurity AllowOwnStyles()
    {
        _ownStyles = true;
        return this;
    }

    /// <summary>Allows script files of this page's own origin; inline scripts stay forbidden.</summary>
    public PageSecurity AllowOwnScripts()
    {
        _ownScripts = true;
        return this;
    }

    /// <summary>Allows scripts with the nonce to fetch from this page's own origin.</summary>
    public PageSecurity AllowOwnConnections()
    {
        _ownConnections = true;
        return this;
    }

    /// <summary>
    /// Allows the markup of somebody else's whole document: its inline styles, images and fonts of https origins. No script of it runs, no form
    /// of it is sent, and it is sandboxed into an origin of its own.
    /// </summary>
    public PageSecurity AllowForeignMarkup()
    {
        _foreign = true;
        return this;
    }

    /// <summary>
    /// Keeps the tie to the window that opened this page. Web clients open the login as a popup and wait there for its last
    /// page to report back; a page in between that isolates itself cuts that tie for good.
    /// </summary>
    public PageSecurity AllowOpener()
    {
        _opener = true;
        return this;
    }

    /// <summary>Writes the headers; <c>Cache-Control</c> only where the endpoint has not set one (metadata and keys may be cached).</summary>
    public void Apply(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var headers = response.Headers;
        headers.ContentSecurityPolicy = Policy();
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = _opener ? "unsafe-none" : "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
        if (headers.CacheControl.Count == 0)
        {
            headers.CacheControl = "no-store";
        }
    }

    private string Policy()
    {
        var directives = new List<string>(8) { "default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'" };
        directives.Add("form-action " + (_formActions.Count == 0 ? "'none'" : string.Join(' ', _formActions)));
        if (HasNonce || _ownScripts)
        {
            directives.Add("script-src" + (_ownScripts ? " 'self'" : "") + (HasNonce ? $" 'nonce-{Nonce}'" : ""));
        }

        if (HasNonce || _ownStyles)
        {
            directives.Add("style-src" + (_ownStyles ? " 'self'" : "") + (HasNonce ? $" 'nonce-{Nonce}'" : ""));
        }

        if (_foreign)
        {
            directives.Add("style-src 'unsafe-inline'; img-src https: data:; font-src https: data:; sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation");
        }
        else if (_images.Count > 0)
        {
            directives.Add("img-src " + string.Join(' ', _images));
        }

        if (_ownConnections)
        {
            directives.Add("connect-src 'self'");
        }

        return string.Join("; ", directives);
    }

    private string NewNonce()
    {
        HasNonce = true;
        return Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));
    }

    // Scheme and authority in the form that Uri gives them have no character that could end a directive; a source with one
    // is refused all the same, because this header is what stands between a page and an injected script.
    private static string Source(Uri target)
    {
        // A source list has no form for an IPv6 address (CSP 3 section 2.3.1), so [::1] is named by its scheme.
        var named = target.Scheme is "http" or "https" && target.HostNameType != UriHostNameType.IPv6;
        var source = named ? target.GetLeftPart(UriPartial.Authority) : target.Scheme + ":";
        return source.AsSpan().IndexOfAny(" ;,'\"\r\n\t") < 0
            ? source
            : throw new ArgumentException("Not an origin or scheme that a Content-Security-Policy can name.", nameof(target));
    }
}
