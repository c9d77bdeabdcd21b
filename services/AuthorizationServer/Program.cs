using ManagedOAuth.AuthorizationServer.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults(AuthorizationServerService.Name);
builder.AddAuthorizationServer();

var app = builder.Build();
app.MapAuthorizationServer();
app.Run();
