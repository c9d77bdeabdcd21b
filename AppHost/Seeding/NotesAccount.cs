using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ManagedOAuth.AppHost.Seeding;

/// <summary>
/// The administrator's login at the sample that has one of its own, through the pages that an administrator's browser goes through: the address that
/// the API gives, the question at the team domain, the sample's own form, and back. The account is read from only; users connect their own.
/// </summary>
internal static partial class NotesAccount
{
    /// <summary>Name of the account at the sample.</summary>
    public const string Name = "catalog-reader";

    /// <summary>Logs in, and is done when the login is kept.</summary>
    /// <param name="api">The admin API.</param>
    /// <param name="server">Path of the server there.</param>
    /// <param name="ct">Stops waiting.</param>
    /// <exception cref="AdminApiException">The API said no.</exception>
    /// <exception cref="HttpRequestException">A page on the way is not the one that was expected; a login that is begun anew may find it.</exception>
    public static async Task ConnectAsync(AdminApi api, string server, CancellationToken ct)
    {
        var begun = await api.CreateAsync(server + "/connect", new JsonObject(), ct);
        var ask = new Uri(begun["url"]!.GetValue<string>());
        using var browser = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer(), AllowAutoRedirect = false })
        {
            Timeout = TimeSpan.FromSeconds(30),
            MaxResponseContentBufferSize = 1024 * 1024,
            DefaultRequestHeaders = { { "Accept", "text/html" } },
        };
        using var question = await browser.GetAsync(ask, ct);
        using var going = await SubmitAsync(browser, ask, "csrf", Match(Csrf(), await question.Content.ReadAsStringAsync(ct), question), ct);
        var login = new Uri(Match(Address(), going.Headers.TryGetValues("Refresh", out var refresh) ? string.Concat(refresh) : "", going));
        using var allowed = await SubmitAsync(browser, login, "user", Name, ct);
        using var done = await browser.GetAsync(allowed.Headers.Location ?? throw Unexpected(allowed), ct);
        if (done.StatusCode != HttpStatusCode.OK)
        {
            throw Unexpected(done);
        }
    }

    private static async Task<HttpResponseMessage> SubmitAsync(HttpClient browser, Uri page, string field, string value, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, page) { Content = new FormUrlEncodedContent([new(field, value)]) };
        request.Headers.Add("Origin", page.GetLeftPart(UriPartial.Authority));
        return await browser.SendAsync(request, ct);
    }

    private static string Match(Regex what, string text, HttpResponseMessage page) => what.Match(text) is { Success: true } found ? WebUtility.HtmlDecode(found.Groups[1].Value) : throw Unexpected(page);

    private static HttpRequestException Unexpected(HttpResponseMessage page) => new($"{page.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path)} answered {(int)page.StatusCode} on the way.");

    [GeneratedRegex("name=\"csrf\" value=\"([^\"]+)\"")]
    private static partial Regex Csrf();

    [GeneratedRegex("^0; url=(\\S+)$")]
    private static partial Regex Address();
}
