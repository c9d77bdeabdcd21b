using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.ServiceDefaults.Outbound;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.GitHub;

/// <summary>
/// GitHub and GitHub Enterprise Server: OAuth with PKCE, then the REST API for who it is. The access token, which does not expire by itself, is what
/// the API is asked again with; where the app's tokens expire, the refresh token is.
/// </summary>
public sealed class GitHubProvider(ProviderHttp http, GitHubApi api) : IProvider
{
    private const string Scope = "read:user user:email read:org";

    /// <inheritdoc />
    public string Type => ProviderTypes.GitHub;

    /// <inheritdoc />
    public Task<string> AuthorizationUrlAsync(ProviderLogin login, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        var settings = SettingsOf(login.Provider);
        return Task.FromResult(RedirectTarget.With(
            settings.BaseUrl + "/login/oauth/authorize",
            ("client_id", settings.ClientId),
            ("redirect_uri", login.RedirectUri),
            ("scope", Scope),
            ("state", login.State),
            ("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(login.CodeVerifier)))),
            ("code_challenge_method", "S256"),
            ("prompt", login.ForceLogin ? "select_account" : null)));
    }

    /// <summary>GitHub need not name itself; another origin than its own is another server.</summary>
    public Task<bool> IsIssuerAsync(IdentityProvider provider, string? issuer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        var own = SettingsOf(provider).BaseUrl;
        return Task.FromResult(issuer is null || issuer == own || issuer.StartsWith(own + "/", StringComparison.Ordinal));
    }

    /// <inheritdoc />
    public async Task<ProviderAnswer> RedeemAsync(ProviderLogin login, string code, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(login);
        var settings = SettingsOf(login.Provider);
        var reply = await TokenAsync(settings, new() { ["code"] = code, ["redirect_uri"] = login.RedirectUri, ["code_verifier"] = login.CodeVerifier }, cancellation);
        if (reply.Text("error") is { } error)
        {
            return error == "incorrect_client_credentials"
                ? ProviderAnswer.Refused("our_credentials", "It does not accept this product's client id or secret. An administrator has to correct them.")
                : ProviderAnswer.Refused("code_refused", "It did not accept the answer of its own sign-in. Sign in once more.");
        }

        if (reply.Text("access_token") is not { } accessToken)
        {
            throw new OutboundUnavailableException($"{settings.BaseUrl} gave no access token");
        }

        var answer = await api.UserAsync(settings, accessToken, cancellation);
        return answer with { Credential = new GitHubCredential(accessToken, reply.Text("refresh_token")).ToString() };
    }

    /// <inheritdoc />
    public async Task<ProviderAnswer> AskAgainAsync(IdentityProvider provider, string subject, string credential, Func<string, Task> keep, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(keep);
        var settings = SettingsOf(provider);
        var (accessToken, refreshToken) = GitHubCredential.Parse(credential);
        if (refreshToken is not null)
        {
            var reply = await TokenAsync(settings, new() { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken }, cancellation);
            if (reply.Text("error") is { } error)
            {
                return error == "bad_refresh_token"
                    ? ProviderAnswer.Refused("invalid_grant", "GitHub ended the user's authorization")
                    : throw new OutboundUnavailableException($"{settings.BaseUrl} refused a refresh: {DisplayText.Clean(error, 40)}");
            }

            accessToken = reply.Text("access_token") ?? throw new OutboundUnavailableException($"{settings.BaseUrl} gave no access token");
            await keep(new GitHubCredential(accessToken, reply.Text("refresh_token") ?? refreshToken).ToString());
        }

        var answer = await api.UserAsync(settings, accessToken, cancellation);
        return answer.Refusal is null && answer.Subject != subject
            ? throw new OutboundUnavailableException($"{settings.ApiUrl} answered for somebody else")
            : answer;
    }

    /// <inheritdoc />
    public Task<string?> EndSessionUrlAsync(IdentityProvider provider, CancellationToken cancellation) => Task.FromResult<string?>(null);

    // GitHub answers errors with status 200 too; what tells is the member.
    private async Task<OutboundReply> TokenAsync(GitHubSettings settings, Dictionary<string, string> form, CancellationToken cancellation)
    {
        form["client_id"] = settings.ClientId;
        form["client_secret"] = settings.ClientSecret ?? "";
        using var content = new FormUrlEncodedContent(form);
        using var request = new HttpRequestMessage(HttpMethod.Post, settings.BaseUrl + "/login/oauth/access_token") { Content = content };
        var reply = await http.SendAsync(request, cancellation);
        return reply.Status < 500 && !reply.IsRateLimited && reply.Json is not null ? reply : throw new OutboundUnavailableException($"{settings.BaseUrl} answered {reply.Status}");
    }

    private static GitHubSettings SettingsOf(IdentityProvider provider)
        => GitHubSettings.Read(provider.Config) ?? throw new OutboundUnavailableException("The identity provider has no settings.");

    // Neither token has a space in it.
    private sealed record GitHubCredential(string AccessToken, string? RefreshToken)
    {
        public static GitHubCredential Parse(string text) => text.Split(' ') is [var access, var refresh] ? new(access, refresh) : new(text, null);

        public override string ToString() => RefreshToken is null ? AccessToken : $"{AccessToken} {RefreshToken}";
    }
}
