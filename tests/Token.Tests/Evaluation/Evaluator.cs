using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Tests.Evaluation;

/// <summary>A service that answers external evaluations on a real socket, as well or as badly as a test wants it to.</summary>
internal sealed class Evaluator : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "eval-1" };

    private Evaluator(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public Rule.ExternalEvaluation Rule => new(Address + "/", Address + "/keys");

    /// <summary>The claims of every question.</summary>
    public ConcurrentQueue<JsonElement> Asked { get; } = [];

    public Func<string, Task<string>> Answers { get; set; } = _ => Task.FromResult("{}");

    public int Status { get; set; } = 200;

    public static async Task<Evaluator> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        var address = $"http://127.0.0.1:{FreePort.Next()}";
        builder.WebHost.UseUrls(address);
        var app = builder.Build();
        var evaluator = new Evaluator(app, address);
        app.MapPost("/", evaluator.HandleAsync);
        app.MapGet("/keys", evaluator.Keys);
        await app.StartAsync();
        return evaluator;
    }

    public void Says(bool success) => Answers = nonce => Task.FromResult(Body(Token(nonce, success)));

    public static string Body(string token) => JsonSerializer.Serialize(new { token });

    /// <summary>A signed answer, changed as a test likes.</summary>
    public string Token(string nonce, object success, Action<Dictionary<string, object>>? change = null, SigningCredentials? credentials = null)
    {
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        var claims = new Dictionary<string, object> { ["success"] = success, ["nonce"] = nonce, ["iat"] = now, ["exp"] = now + 60 };
        change?.Invoke(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            JsonSerializer.Serialize(claims), credentials ?? new SigningCredentials(_key, SecurityAlgorithms.RsaSha256));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task<IResult> HandleAsync(HttpContext context, CancellationToken cancellation)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: cancellation);
        var token = new JsonWebToken(body.RootElement.GetProperty("token").GetString());
        var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(token.EncodedPayload)).RootElement.Clone();
        Asked.Enqueue(claims);
        return Status is 301 or 302
            ? Results.Redirect(Address + "/elsewhere")
            : Results.Text(await Answers(claims.GetProperty("nonce").GetString()!), "application/json", statusCode: Status);
    }

    private IResult Keys()
    {
        var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(_key);
        return Results.Json(new { keys = new[] { new { kty = "RSA", kid = key.Kid, n = key.N, e = key.E } } });
    }
}
