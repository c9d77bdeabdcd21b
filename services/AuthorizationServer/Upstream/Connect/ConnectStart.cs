using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.AuthorizationServer.Upstream.Connect;

/// <summary>Begins a login at a server on a person's click, or tells them why it cannot begin.</summary>
public static partial class ConnectStart
{
    /// <summary>The page that leads to the authorization server, or one that says what is in the way.</summary>
    public static async Task<IResult> BeginAsync(HttpContext context, UpstreamSubject subject, McpServer server, McpPortal? portal, string teamOrigin, string cookie, string back)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(server);
        var services = context.RequestServices;
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ConnectStart));
        try
        {
            var url = await services.GetRequiredService<UpstreamConnections>().BeginAsync(subject, server, portal, teamOrigin, cookie, context.RequestAborted);

            // Not a redirect: browsers would hold the form's answer to the origins that the page had named before the server was asked.
            context.Response.Headers["Refresh"] = "0; url=" + url;
            return ConnectPages.Continue(server.Name, url);
        }
        catch (OutboundUnavailableException away)
        {
            LogUnavailable(logger, server.ServerId, away.Message);
            context.Response.Headers.RetryAfter = "5";
            return ConnectPages.Unavailable(server.Name, back);
        }
        catch (UpstreamException refused)
        {
            LogRefused(logger, server.ServerId, refused.Message);
            return ConnectPages.NotConnected(server.Name, refused.Message, back);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "The MCP server {Server} cannot be connected now: {Message}", EventName = "UpstreamUnavailable")]
    private static partial void LogUnavailable(ILogger logger, string server, string message);

    [LoggerMessage(2, LogLevel.Warning, "The MCP server {Server} cannot be connected: {Message}", EventName = "UpstreamNotConnectable")]
    private static partial void LogRefused(ILogger logger, string server, string message);
}
