using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>An identity provider that provisions: of its own for each test, so that tests do not see each other's users.</summary>
internal sealed class ScimClient : IDisposable
{
    private readonly Browser _browser;

    private ScimClient(Service service, IdentityProvider provider, string secret) => (_browser, Provider, Secret) = (new Browser(service, "198.51.100.5"), provider, secret);

    public IdentityProvider Provider { get; }

    public string Secret { get; }

    public string BaseUrl => $"{Service.Team}/cdn-cgi/access/scim/v2/{Provider.Id}";

    public static async Task<ScimClient> CreateAsync(Service service, IdentityUpdateBehavior behavior = IdentityUpdateBehavior.Automatic, bool userDeprovision = true, IdentityProvider? provider = null)
    {
        var secret = "mo_scim_" + Convert.ToHexString(RandomNumberGenerator.GetBytes(20));
        var configured = (provider ?? new IdentityProvider { Id = Guid.NewGuid(), Name = "Directory", Type = "oidc" }) with
        {
            ScimConfig = new ScimConfig
            {
                Enabled = true,
                UserDeprovision = userDeprovision,
                SeatDeprovision = false,
                GroupMemberDeprovision = false,
                IdentityUpdateBehavior = behavior,
                SecretHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret))),
            },
        };
        await service.ConfigureAsync(feed => feed.Put(configured));
        return new ScimClient(service, configured, secret);
    }

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, null, headers);

    public async Task<Answer> SendAsync(string method, string path, object? body, params (string Name, string Value)[] headers)
    {
        using var content = body is null ? null : new StringContent(body as string ?? (body as JsonNode)?.ToJsonString() ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/scim+json");
        return await _browser.SendAsync(new HttpMethod(method), BaseUrl + path, content, "application/scim+json", request =>
        {
            if (!headers.Any(header => header.Name == "Authorization"))
            {
                request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Secret);
            }

            foreach (var (name, value) in headers)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        });
    }

    /// <summary>Makes a user and gives its id.</summary>
    public async Task<string> UserAsync(string userName, bool active = true, string? email = null)
    {
        var emails = email is null ? [] : new[] { new { value = email, primary = true } };
        var answer = await SendAsync("POST", "/Users", new { schemas = new[] { "urn:ietf:params:scim:schemas:core:2.0:User" }, userName, active, emails });
        Assert.Equal(201, answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }

    /// <summary>Makes a group and gives its id.</summary>
    public async Task<string> GroupAsync(string displayName, params string[] members)
    {
        var answer = await SendAsync("POST", "/Groups", new { displayName, externalId = "ext-" + displayName, members = members.Select(value => new { value }) });
        Assert.Equal(201, answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }

    public Task<Answer> PatchAsync(string path, params object[] operations)
        => SendAsync("PATCH", path, new { schemas = new[] { "urn:ietf:params:scim:api:messages:2.0:PatchOp" }, Operations = operations });

    public void Dispose() => _browser.Dispose();
}
