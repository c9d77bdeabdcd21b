using System.Net;
using System.Text.RegularExpressions;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>
/// A user's browser without JavaScript: follows redirects, keeps cookies, logs in with the PIN from the mailbox, decides on the consent page, and comes
/// back in a moment to a page that asks for that.
/// </summary>
public sealed partial class ScriptedBrowser(string email, Mailbox mailbox) : IDisposable
{
    private const int MostSteps = 30;
    private const int MostPauses = 60;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly CookieContainer _cookies = new();
    private readonly List<string> _pins = [];
    private HttpClient? _client;

    /// <summary>The identity provider that it chooses, by name; null = the one-time PIN.</summary>
    public string? IdentityProvider { get; init; }

    /// <summary>Every cookie it holds now.</summary>
    public IReadOnlyCollection<Cookie> Cookies => _cookies.GetAllCookies();

    /// <summary>Every PIN that it gave.</summary>
    public IReadOnlyList<string> Pins => _pins;

    /// <summary>Whether the consent page was shown in the last visit.</summary>
    public bool ConsentShown { get; private set; }

    /// <summary>Whether a PIN had to be given in the last visit.</summary>
    public bool PinAsked { get; private set; }

    /// <summary>The last page that was seen.</summary>
    public string LastPage { get; private set; } = "";

    /// <summary>Goes to an authorization URL and on until the browser is sent to the client's redirect URI; gives that address.</summary>
    public async Task<Uri> AuthorizeAsync(Uri authorization, Uri redirectUri, bool approve = true)
    {
        var (address, _) = await VisitAsync(authorization, stop: uri => uri.GetLeftPart(UriPartial.Path) == redirectUri.GetLeftPart(UriPartial.Path), approve);
        return address;
    }

    /// <summary>Opens a page of an application, logging in where asked; gives the application's answer.</summary>
    public async Task<HttpResponseMessage> OpenAsync(Uri page) => (await VisitAsync(page, stop: _ => false, approve: true)).Answer!;

    private HttpClient Http => _client ??= new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies });

    public void Dispose() => _client?.Dispose();

    private async Task<(Uri Address, HttpResponseMessage? Answer)> VisitAsync(Uri start, Func<Uri, bool> stop, bool approve)
    {
        (ConsentShown, PinAsked) = (false, false);
        var known = await mailbox.PinsAsync(email);
        Func<HttpRequestMessage> request = () => Navigation(HttpMethod.Get, start, null);
        for (var (step, pauses) = (0, 0); step < MostSteps; step++)
        {
            var sent = request();
            var answer = await Http.SendAsync(sent);
            var address = sent.RequestUri!;
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable && pauses++ < MostPauses)
            {
                // Something was too slow to answer. A page that knows the way on says it; any other is loaded again.
                if (TryAgain().Match(LastPage = await answer.Content.ReadAsStringAsync()) is { Success: true } again)
                {
                    var anew = new Uri(address, WebUtility.HtmlDecode(again.Groups[1].Value));
                    request = () => Navigation(HttpMethod.Get, anew, null);
                }

                answer.Dispose();
                await Task.Delay(s_pause);
                step--;
                continue;
            }

            if ((int)answer.StatusCode is >= 300 and < 400 && answer.Headers.Location is { } location)
            {
                var next = new Uri(address, location);
                if (stop(next))
                {
                    return (next, answer);
                }

                request = () => Navigation(HttpMethod.Get, next, null);
                continue;
            }

            LastPage = await answer.Content.ReadAsStringAsync();
            if (HtmlForm.WithField(address, LastPage, "pin") is { } pinForm)
            {
                PinAsked = true;
                pinForm.Fields["pin"] = await mailbox.NewPinAsync(email, known);
                _pins.Add(pinForm.Fields["pin"]);
                request = () => Submit(pinForm);
            }
            else if (IdentityProvider is not null && Regex.Match(LastPage, $"href=\"([^\"]+)\">Continue with {Regex.Escape(IdentityProvider)}<") is { Success: true } link)
            {
                var there = new Uri(address, WebUtility.HtmlDecode(link.Groups[1].Value));
                request = () => Navigation(HttpMethod.Get, there, null);
            }
            else if (HtmlForm.WithField(address, LastPage, "email") is { } emailForm)
            {
                emailForm.Fields["email"] = email;
                request = () => Submit(emailForm);
            }
            else if (HtmlForm.WithField(address, LastPage, "action") is { } consent)
            {
                ConsentShown = true;
                consent.Fields["action"] = approve ? "approve" : "deny";
                request = () => Submit(consent);
            }
            else
            {
                return (address, answer);
            }
        }

        throw new InvalidOperationException($"No end after {MostSteps} steps from {start}; the last page was: {LastPage}");
    }

    [GeneratedRegex("href=\"([^\"]+)\">Try again<")]
    private static partial Regex TryAgain();

    private static HttpRequestMessage Submit(HtmlForm form)
    {
        var method = form.Post ? HttpMethod.Post : HttpMethod.Get;
        return Navigation(method, form.Action, new FormUrlEncodedContent(form.Fields));
    }

    private static HttpRequestMessage Navigation(HttpMethod method, Uri address, HttpContent? content)
    {
        var request = new HttpRequestMessage(method, address) { Content = content };
        request.Headers.Accept.ParseAdd("text/html,application/xhtml+xml,*/*;q=0.8");
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Mode", "navigate");
        if (method == HttpMethod.Post)
        {
            request.Headers.TryAddWithoutValidation("Origin", address.GetLeftPart(UriPartial.Authority));
            request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "same-origin");
        }

        return request;
    }
}
