using ManagedOAuth.Config;
using ManagedOAuth.Config.Dashboard;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Figures;
using ManagedOAuth.Config.Logs.Refusals;
using ManagedOAuth.Config.Portals.Log;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Config.ServiceTokens;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("config");
builder.AddConfigStore();
builder.AddDashboard();
builder.AddKeysAtRest();
builder.AddHotStore(required: false);
builder.AddConfiguration();

var app = builder.Build();
app.MapDefaultEndpoints();
app.UseEdgeRequests();
app.MapGrpcService<ConfigFeedService>();
app.MapGrpcService<ServiceTokenSightingsService>();
app.MapGrpcService<EdgeFiguresService>();
app.MapGrpcService<PortalLogService>();
app.MapGrpcService<ServerReadingsService>();
app.MapGrpcService<RefusalLogService>();
app.MapAdminApi();
app.MapDashboard();
app.Run();

/// <summary>The configuration service: applications, policies, groups, identity providers, service tokens and API tokens, and the dashboard.</summary>
public partial class Program;
