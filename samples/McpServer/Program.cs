using ManagedOAuth.Samples;
using ManagedOAuth.Samples.McpServer;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<AssertionVerifier>();
builder.Services.AddSingleton<McpSessions>();
builder.Services.AddHostedService(services => services.GetRequiredService<McpSessions>());
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1024 * 1024);

var app = builder.Build();
app.MapGet("/healthz", () => "ok");
app.MapMcp("/mcp");
app.Run();
