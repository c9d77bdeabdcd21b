using ManagedOAuth.Edge.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults("edge");
builder.AddEdge();

var app = builder.Build();
app.MapDefaultEndpoints();
app.RunPublicRequests();
app.Run();
