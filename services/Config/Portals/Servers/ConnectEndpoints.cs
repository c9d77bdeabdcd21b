using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Upstream;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary>
/// <c>POST servers/{id}/connect</c> and <c>/disconnect</c> (ours): the administrator's own login at a server, which is used for reading what it
/// offers, and for everybody where a portal has <c>on_behalf</c> off. The answer tells where the administrator's browser has to go.
/// </summary>
public static class ConnectEndpoints
{
    private const int MaximumUrl = 2048;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    public static void MapConnect(this RouteGroupBuilder servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        servers.MapPost("/{id}/connect", Connect).WithoutDryRun()
            .Takes(Of(("return_url?", Text)), isRequired: false).Answers(Of(("url", Text), ("expires_at", Time)));
        servers.MapPost("/{id}/disconnect", Disconnect).WithoutDryRun().Answers(Of(("id", Text)));
    }

    private static async Task<IResult> Connect(
        string id, HttpContext context, ConfigurationLog log, UpstreamCredentials.UpstreamCredentialsClient upstream, TimeProvider clock, CancellationToken ct)
    {
        var (json, refusal) = await JsonBody.ReadAsync(context.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var body = new BodyReader(json, []);
        var back = ReturnUrlOf(body, context);
        return body.Errors.Count > 0 ? ApiEnvelope.Error(StatusCodes.Status400BadRequest, body.Errors)
            : Find(id, log) is not { } server ? NotFound()
            : await Peers.AskAsync("mcp_server", Peers.AuthorizationServer, async () =>
            {
                var reply = await upstream.ConnectAsync(
                    new ConnectRequest { ServerId = server.Id.ToString(), ReturnUrl = back ?? "", Actor = Peers.ActorOf(context) }, deadline: Deadline(clock), cancellationToken: ct);
                return ApiEnvelope.Ok(new JsonObject { ["url"] = reply.Url, ["expires_at"] = DateTimeOffset.FromUnixTimeSeconds(reply.ExpiresAt) });
            });
    }

    private static Task<IResult> Disconnect(
        string id, HttpContext context, ConfigurationLog log, UpstreamCredentials.UpstreamCredentialsClient upstream, TimeProvider clock, CancellationToken ct)
        => Find(id, log) is not { } server ? Task.FromResult(NotFound()) : Peers.AskAsync("mcp_server", Peers.AuthorizationServer, async () =>
        {
            await upstream.ForgetAsync(new ForgetRequest { ServerId = server.Id.ToString(), Actor = Peers.ActorOf(context) }, deadline: Deadline(clock), cancellationToken: ct);
            return ApiEnvelope.Ok(new JsonObject { ["id"] = server.ServerId });
        });

    // Elsewhere it would lead administrators, who have just given an account away, to anybody's page.
    private static string? ReturnUrlOf(BodyReader body, HttpContext context)
    {
        if (body.OptionalText("return_url", MaximumUrl) is not { Length: > 0 } text)
        {
            return null;
        }

        var origin = context.GetEdgeRequest().PublicOrigin;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.UserInfo.Length == 0
            && string.Equals(url.GetLeftPart(UriPartial.Authority), new Uri(origin).GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase))
        {
            return url.AbsoluteUri;
        }

        body.Refuse("return_url", $"return_url is a URL of the dashboard: {origin}/...");
        return null;
    }

    private static McpServer? Find(string id, ConfigurationLog log) => log.Current.Snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id);

    private static DateTime Deadline(TimeProvider clock) => clock.GetUtcNow().UtcDateTime + s_deadline;

    private static IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("mcp_server"));
}
