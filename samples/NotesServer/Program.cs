using System.Security.Claims;
using ManagedOAuth.Samples.Mcp;
using ManagedOAuth.Samples.NotesServer;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<SampleTokens>();
builder.Services.AddSingleton(new SampleServer("notes-sample", NoteTools.All));
builder.Services.AddSingleton<McpSessions>();
builder.Services.AddHostedService(services => services.GetRequiredService<McpSessions>());
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1024 * 1024);

var app = builder.Build();
app.Use(async (context, next) =>
{
    if (context.Request.Path.StartsWithSegments("/mcp", StringComparison.Ordinal))
    {
        if (context.RequestServices.GetRequiredService<SampleTokens>().UserOf(context.Request.Headers.Authorization.ToString()) is not { } user)
        {
            SampleAuthorizationServer.Challenge(context);
            return;
        }
        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim("sub", user), new Claim("email", user)], "Bearer"));
    }
    await next(context);
});
app.MapGet("/healthz", () => "ok");
app.MapSampleAuthorizationServer();
app.MapMcp("/mcp");
app.Run();
