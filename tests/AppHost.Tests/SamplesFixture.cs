using System.Security.Cryptography;
using Aspire.Hosting;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AppHost.Tests;

/// <summary>The samples as processes, and a team domain that publishes a key of the test.</summary>
public sealed class SamplesFixture : IAsyncLifetime
{
    /// <summary>What the samples take for their audience tag.</summary>
    public const string Audience = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private readonly ECDsaSecurityKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "k1" };
    private WebApplication _team = null!;
    private DistributedApplication _samples = null!;

    /// <summary>The team domain, and issuer.</summary>
    public string Team { get; } = LocalPorts.Url(FreePort.Next());

    public Uri Orders { get; private set; } = null!;

    public Uri Mcp { get; private set; } = null!;

    public Uri Notes { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(Team);
        _team = builder.Build();
        var published = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(ECDsa.Create(_key.ECDsa.ExportParameters(false))) { KeyId = _key.KeyId });
        _team.MapGet("/cdn-cgi/access/certs", () => Results.Json(new { keys = new[] { new { kty = "EC", kid = published.Kid, use = "sig", alg = "ES256", crv = published.Crv, x = published.X, y = published.Y } } }));
        await _team.StartAsync();

        var samples = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { ProjectDirectory = TopologyTests.AppHostFolder() });
        foreach (var (name, project) in new[] { ("orders-api", "OrdersApi"), ("mcp-server", "McpServer"), ("notes-server", "NotesServer") })
        {
            samples.AddProject(name, $"../samples/{project}/{project}.csproj").WithHttpEndpoint().WithHttpHealthCheck("/healthz")
                .WithEnvironment("Access__TeamDomain", Team).WithEnvironment("Access__Audience", Audience);
        }
        _samples = samples.Build();
        _samples.ResourceLogs.Output = TextWriter.Null;
        await _samples.StartAsync();
        await Task.WhenAll(new[] { "orders-api", "mcp-server", "notes-server" }.Select(name => _samples.ResourceNotifications.WaitForResourceHealthyAsync(name))).WaitAsync(TimeSpan.FromSeconds(180));
        Orders = new Uri(_samples.ResourceNotifications.Find("orders-api")!.Endpoints["http"]);
        Mcp = new Uri(_samples.ResourceNotifications.Find("mcp-server")!.Endpoints["http"] + "/mcp");
        Notes = new Uri(_samples.ResourceNotifications.Find("notes-server")!.Endpoints["http"] + "/mcp");
    }

    public async Task DisposeAsync()
    {
        await _samples.DisposeAsync();
        await _team.DisposeAsync();
        _key.ECDsa.Dispose();
    }

    /// <summary>An assertion as the proxy signs it.</summary>
    public string Assertion(string email, string? audience = null, string? issuer = null, DateTime? expires = null, SecurityKey? key = null) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
    {
        Issuer = issuer ?? Team,
        Audience = audience ?? Audience,
        Expires = expires ?? DateTime.UtcNow.AddMinutes(5),
        Claims = new Dictionary<string, object> { ["sub"] = "sub-of-" + email, ["email"] = email },
        SigningCredentials = new SigningCredentials(key ?? _key, SecurityAlgorithms.EcdsaSha256),
    });
}
