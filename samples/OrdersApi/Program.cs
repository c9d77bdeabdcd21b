using ManagedOAuth.Samples;
using ManagedOAuth.Samples.OrdersApi;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddSingleton(TimeProvider.System);
builder.Services.AddSingleton<AssertionVerifier>();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 1L << 30);

var app = builder.Build();
app.UseWebSockets();
app.MapGet("/healthz", () => "ok");
app.MapWelcome();
app.MapOrders();
app.MapStreams();
app.MapAnswers();
app.MapEcho();
app.Run();
