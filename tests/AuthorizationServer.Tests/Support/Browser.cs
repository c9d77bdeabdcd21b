using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.OAuth;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>A browser behind Edge: speaks to public addresses, keeps cookies per host (ports do not count, as in browsers), follows nothing by itself.</summary>
internal sealed class Browser(Service service, string? address = null) : IDisposable
{
    private static readonly Application[] s_applications = [Service.Orders, Service.Wiki, Service.Plain];
    private static int s_browsers;

    /// <summary>Where it is: an address of its own unless given, so that tests do not use up each other's limits.</summary>
    public IPAddress Address { get; } = address is null ? Next(Interlocked.Increment(ref s_browsers)) : IPAddress.Parse(address);

    /// <summary>Portals' applications, at whose domains Edge tells the verified user.</summary>
    public IReadOnlyList<Application> Portals { get; init; } = [];

    /// <summary>Who is signed in at the portals.</summary>
    public Identity? User { get; set; }

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    /// <summary>host|name -> value.</summary>
    public Dictionary<string, string> Cookies { get; } = [];

    public List<string> SetCookies { get; } = [];

    public Task<Answer> GetAsync(string url, string? accept = "text/html") => SendAsync(HttpMethod.Get, url, null, accept);

    public Task<Answer> PostAsync(string url, params (string Name, string Value)[] form)
        => SendAsync(HttpMethod.Post, url, new FormUrlEncodedContent(form.Select(pair => KeyValuePair.Create(pair.Name, pair.Value))));

    /// <summary>Posts the page's form, with its hidden fields.</summary>
    public Task<Answer> SubmitAsync(Answer page, params (string Name, string Value)[] form) => PostAsync(page.Url, [("csrf", page.Csrf), .. form]);

    public async Task<Answer> SendAsync(HttpMethod method, string url, HttpContent? content, string? accept = "text/html", Action<HttpRequestMessage>? change = null)
    {
        var origin = url[..url.IndexOf('/', url.IndexOf("://", StringComparison.Ordinal) + 3)];
        var application = s_applications.Concat(Portals).FirstOrDefault(app => PublicOrigin.Of(app.Domain) == origin);
        var user = User is not null && Portals.Contains(application) ? new EdgeUser(User) : null;
        using var request = new HttpRequestMessage(method, new Uri(service.HttpAddress + url[origin.Length..], new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true })) { Content = content };
        foreach (var (name, value) in EdgeRequestHeaders.Write(service.CredentialOf("edge"), application?.Id, origin, Address, user))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        var host = new Uri(origin).Host;
        var cookies = Cookies.Where(pair => pair.Key.StartsWith(host + "|", StringComparison.Ordinal)).Select(pair => $"{pair.Key[(host.Length + 1)..]}={pair.Value}").ToList();
        if (cookies.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies));
        }

        change?.Invoke(request);
        using var response = await _http.SendAsync(request);
        Keep(host, response);
        return new Answer(url, (int)response.StatusCode, response.Headers.Concat(response.Content.Headers).ToDictionary(h => h.Key, h => string.Join(", ", h.Value), StringComparer.OrdinalIgnoreCase), await response.Content.ReadAsStringAsync());
    }

    /// <summary>Follows redirects while they stay on pages of this service.</summary>
    public async Task<Answer> FollowAsync(Answer answer)
    {
        for (var i = 0; i < 10 && answer.Status == 303; i++)
        {
            var next = new Uri(new Uri(answer.Url), answer.Location).ToString();
            if (!next.StartsWith(Service.Team + "/", StringComparison.Ordinal))
            {
                break;
            }

            answer = await GetAsync(next);
        }

        return answer;
    }

    /// <summary>Registers a client at the application.</summary>
    public async Task<string> RegisterAsync(string origin = "http://localhost:8700", string redirectUri = "http://localhost:5000/cb", string name = "Test client")
    {
        var answer = await RegisterRawAsync(origin, JsonSerializer.Serialize(new { redirect_uris = new[] { redirectUri }, client_name = name }));
        Assert.Equal(201, answer.Status);
        return answer.Json.GetProperty("client_id").GetString()!;
    }

    public Task<Answer> RegisterRawAsync(string origin, string json, string mediaType = "application/json")
        => SendAsync(HttpMethod.Post, origin + "/cdn-cgi/access/oauth/registration", new StringContent(json, Encoding.UTF8, mediaType), "application/json");

    /// <summary>Logs in by PIN on the page with the e-mail form; gives the answer after the PIN.</summary>
    public async Task<Answer> LogInAsync(Answer emailPage, string email)
    {
        var address = email.ToLowerInvariant();
        var before = service.Mail.Mails.Count(mail => mail.To == address);
        var pinPage = await FollowAsync(await SubmitAsync(emailPage, ("email", email)));
        Assert.Contains("name=\"pin\"", pinPage.Body);
        return await SubmitAsync(pinPage, ("pin", await service.Mail.PinAsync(address, before + 1)));
    }

    public void Dispose() => _http.Dispose();

    private static IPAddress Next(int number) => new([198, 18, (byte)(number >> 8), (byte)number]);

    private void Keep(string host, HttpResponseMessage response)
    {
        foreach (var header in response.Headers.TryGetValues("Set-Cookie", out var values) ? values : [])
        {
            SetCookies.Add(header);
            var pair = header.Split(';')[0].Split('=', 2);
            if (header.Contains("expires=Thu, 01 Jan 1970", StringComparison.OrdinalIgnoreCase))
            {
                Cookies.Remove($"{host}|{pair[0]}");
            }
            else
            {
                Cookies[$"{host}|{pair[0]}"] = pair[1];
            }
        }
    }
}

/// <summary>An answer as a browser sees it.</summary>
internal sealed record Answer(string Url, int Status, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string Location => Headers.GetValueOrDefault("Location", "");

    public string Csrf => Regex.Match(Body, "name=\"csrf\" value=\"([^\"]+)\"").Groups[1].Value;

    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    public string? Parameter(string name) => Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(new Uri(Location).Query).TryGetValue(name, out var value) ? value.ToString() : null;
}

/// <summary>Authorization requests.</summary>
internal static class Requests
{
    public static string Authorize(string clientId, string redirectUri = "http://localhost:5000/cb", string origin = "http://localhost:8700", string more = "", string state = "st")
        => $"{origin}/cdn-cgi/access/oauth/authorization?response_type=code&client_id={clientId}&redirect_uri={Uri.EscapeDataString(redirectUri)}"
            + $"&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&state={Uri.EscapeDataString(state)}{more}";
}
