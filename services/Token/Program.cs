using ManagedOAuth.Token;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults(TokenServices.Name);
builder.AddGrantStore();
builder.AddKeysAtRest();
builder.AddHotStore();
builder.AddConfigurationSnapshots();
builder.Services.AddRateLimits();
builder.Services.AddGrpc();
builder.AddTokenServices();

var app = builder.Build();
app.MapDefaultEndpoints();
app.UseEdgeRequests();
app.MapTokenServices();
app.Run();

/// <summary>Named so that tests can host the service.</summary>
public partial class Program;
