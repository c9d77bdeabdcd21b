using System.Net;
using System.Text.RegularExpressions;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.Tests.Support;

/// <summary>A browser without scripts at the dashboard, with Edge's part of its requests.</summary>
public sealed partial class DashboardBrowser(ConfigHost host, Uri address, EdgeUser? user) : IDisposable
{
    public const string Origin = "http://localhost:8703";

    private readonly CookieContainer _cookies = new();

    /// <summary>Where it is. Attempts are limited per address: each browser has its own.</summary>
    public IPAddress Client { get; } = new([10, .. System.Security.Cryptography.RandomNumberGenerator.GetBytes(3)]);

    private HttpClient Http => field ??= new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = _cookies }) { BaseAddress = address };

    /// <summary>Somebody as the edge vouches for them.</summary>
    public static EdgeUser UserOf(string email, string? claim = null) => new(new Identity
    {
        UserId = Guid.NewGuid(),
        Email = email,
        IdentityProviderId = Guid.Empty,
        IdentityProviderType = "",
        AuthenticatedAt = DateTimeOffset.UnixEpoch,
        Claims = claim is null ? new Dictionary<string, IReadOnlyList<string>>() : new Dictionary<string, IReadOnlyList<string>> { [IdentityClaims.AuthenticationMethods] = [claim] },
    });

    /// <summary>The page that was read last.</summary>
    public string Page { get; private set; } = "";

    public async Task<HttpResponseMessage> GetAsync(string path) => await SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    /// <summary>Posts a form with the anti-forgery token of the last page, unless another is given.</summary>
    public Task<HttpResponseMessage> PostAsync(string path, Dictionary<string, string> fields, string? token = null, string? site = "same-origin")
    {
        var form = new Dictionary<string, string>(fields, StringComparer.Ordinal) { ["form-token"] = token ?? FormToken() };
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(form) };
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        return SendAsync(request);
    }

    /// <summary>Posts a form as <c>multipart/form-data</c>, with the anti-forgery token of the last page.</summary>
    public Task<HttpResponseMessage> PostFileAsync(string path, Dictionary<string, string> fields)
    {
        var form = new MultipartFormDataContent { { new StringContent(FormToken()), "form-token" } };
        foreach (var (name, value) in fields)
        {
            form.Add(new StringContent(value), name);
        }

        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = form };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return SendAsync(request);
    }

    public string FormToken() => WebUtility.HtmlDecode(TokenField().Match(Page).Groups[1].Value);

    public void Dispose() => Http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        foreach (var (name, value) in EdgeRequestHeaders.Write(host.CredentialOf("edge"), null, Origin, Client, user))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        var answer = await Http.SendAsync(request);
        if (answer.Content.Headers.ContentType?.MediaType == "text/html")
        {
            Page = await answer.Content.ReadAsStringAsync();
        }

        return answer;
    }

    [GeneratedRegex("name=\"form-token\" value=\"([^\"]*)\"")]
    private static partial Regex TokenField();
}
