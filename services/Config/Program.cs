using ManagedOAuth.Config;
using ManagedOAuth.Config.Feed;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("config");
builder.AddConfigStore();
builder.AddKeysAtRest();
builder.AddConfiguration();

var app = builder.Build();
app.MapDefaultEndpoints();
app.UseEdgeRequests();
app.MapGrpcService<ConfigFeedService>();
app.MapAdminApi();
app.Run();

/// <summary>The configuration service: applications, policies, groups, identity providers, service tokens and API tokens.</summary>
public partial class Program;
