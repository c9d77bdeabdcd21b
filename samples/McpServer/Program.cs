using System.Security.Claims;
using ManagedOAuth.Samples;
using ManagedOAuth.Samples.Mcp;
using ManagedOAuth.Samples.McpServer;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<AssertionVerifier>();
builder.Services.AddSingleton(new SampleServer("managedoauth-sample", Tools.All));
builder.Services.AddSingleton<McpSessions>();
builder.Services.AddHostedService(services => services.GetRequiredService<McpSessions>());
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1024 * 1024);

var app = builder.Build();
app.Use(async (context, next) =>
{
    var (identity, _) = await context.RequestServices.GetRequiredService<AssertionVerifier>().VerifyAsync(context.Request.Headers[AssertionVerifier.Header], context.RequestAborted);
    context.User = new ClaimsPrincipal(identity ?? new ClaimsIdentity());
    await next(context);
});
app.MapGet("/healthz", () => "ok");
app.MapMcp("/mcp");
app.Run();
