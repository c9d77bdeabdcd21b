using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.ServiceDefaults.Health;

/// <summary>
/// Marks connections that came in through the private endpoint <c>Kestrel:Endpoints:http</c>. What is served only there
/// (health) is decided by the listening socket, never by a Host header, which the client chooses.
/// </summary>
internal static class PrivateEndpoint
{
    private const string Name = "http";

    public static void AddPrivateEndpoint(this WebApplicationBuilder builder)
    {
        var declared = builder.Configuration.GetSection($"Kestrel:Endpoints:{Name}").Exists();
        builder.Services.AddSingleton(new Rule(declared));
        builder.Services.Configure<KestrelServerOptions>(kestrel =>
            kestrel.ConfigurationLoader?.Endpoint(Name, endpoint => endpoint.ListenOptions.Use(next => connection =>
            {
                connection.Features.Set<IPrivateConnection>(PrivateConnection.Instance);
                return next(connection);
            })));
    }

    /// <summary>
    /// Whether this request came in through the private endpoint. A service that declares none (a test on one port) has
    /// no public one either: then all of its addresses count as private.
    /// </summary>
    public static bool IsPrivate(HttpContext context) =>
        !context.RequestServices.GetRequiredService<Rule>().Declared
        || context.Features.Get<IPrivateConnection>() is not null;

    internal sealed record Rule(bool Declared);

    private interface IPrivateConnection;

    private sealed class PrivateConnection : IPrivateConnection
    {
        public static readonly PrivateConnection Instance = new();
    }
}
