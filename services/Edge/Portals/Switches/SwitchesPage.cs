using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.Edge.Portals.Streams;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.ServiceRouting;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Edge.Portals.Switches;

/// <summary>
/// <c>/switches?session=</c> of a portal: the servers that a user sees, with a switch each for one session of a client of theirs. The address names the
/// session by its reference, which opens nothing: the browser session has to be the same user's. It is served here because sessions are Edge's own.
/// </summary>
internal sealed class SwitchesPage(PortalSessionStore sessions, PortalDirectories directories, Listeners listeners)
{
    public const string Path = "/switches";

    /// <summary>The form's field with what was on when the page was made.</summary>
    public const string ShownOn = "shown-on";

    /// <summary>The form's field with what was off then.</summary>
    public const string ShownOff = "shown-off";
    private const string Token = "csrf";
    private const int ReferenceLength = 64;
    private const string On = "on";

    private static readonly Answer s_noSession = new(
        StatusCodes.Status404NotFound,
        "not_found",
        "This session is not there",
        "It has ended, or it is of a client of somebody else. Ask your client to call portal_toggle_servers again.");

    private static readonly Answer s_forged = new(
        StatusCodes.Status403Forbidden, "cross_site", "Nothing was changed", "The form is too old, or was sent from another page. Open it again and save once more.");

    /// <summary>The page's address for a client's session.</summary>
    public static string UrlOf(string publicOrigin, string sessionId) => $"{publicOrigin}{Path}?session={PortalSessionStore.ReferenceOf(sessionId)}";

    /// <summary>Shows the switches (GET) or takes them (POST), for a user whom Edge has verified.</summary>
    public async Task HandleAsync(HttpContext context, Door door, VerifiedCredential user)
    {
        try
        {
            var reference = context.Request.Query["session"].ToString();
            if (reference.Length != ReferenceLength || !reference.All(char.IsAsciiHexDigitLower)
                || directories.Find(door.Application.Id) is not { } directory
                || PortalPrincipal.Of(user) is not { } principal
                || await sessions.FindByReferenceAsync(reference, door.Application.Id, principal, context.RequestAborted) is not { } session)
            {
                await s_noSession.WriteAsync(context);
                return;
            }

            var visitor = PortalPrincipal.Visitor(user, context.Connection.RemoteIpAddress);
            List<PortalServer> servers = [.. directory.Servers.Where(server => directory.Sees(visitor, server))];
            switch (context.Request.Method)
            {
                case "GET":
                    var isSaved = context.Request.Query.ContainsKey("saved");
                    await SwitchesHtml.WriteAsync(context, directory, visitor, servers, session, TokenOf(user, reference), isSaved);
                    break;
                case "POST":
                    await TakeAsync(context, user, reference, session, servers);
                    break;
                default:
                    context.Response.Headers.Allow = "GET, POST";
                    await new Answer(StatusCodes.Status405MethodNotAllowed, "invalid_request", "Method not allowed", "Use GET or POST.").WriteAsync(context);
                    break;
            }
        }
        catch (HotStoreUnavailableException)
        {
            // Whose session it is cannot be known now.
            await KnownAnswers.ServiceAway.WriteAsync(context);
        }
    }

    private async Task TakeAsync(HttpContext context, VerifiedCredential user, string reference, PortalSession session, List<PortalServer> servers)
    {
        if (await ReadAsync(context) is not { } form
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(form[Token].ToString()), Encoding.ASCII.GetBytes(TokenOf(user, reference))))
        {
            await s_forged.WriteAsync(context);
            return;
        }

        // What the user did not change stays as it is: servers that were not on the page, and those that the client has switched since. So does what is
        // switched off and not there any more, because its policies do not admit the user now.
        var (on, wasOn, wasOff) = (form[On], form[ShownOn], form[ShownOff]);
        var ids = servers.Select(server => server.ServerId).ToList();
        var (switchedOn, switchedOff) = (ids.Where(id => wasOff.Contains(id) && on.Contains(id)).ToList(), ids.Where(id => wasOn.Contains(id) && !on.Contains(id)).ToList());
        var changed = await sessions.ChangeByReferenceAsync(
            reference,
            session,
            now => now with { SwitchedOff = [.. now.SwitchedOff.Except(switchedOn).Union(switchedOff)] },
            context.RequestAborted);
        if (changed is null)
        {
            await s_noSession.WriteAsync(context);
            return;
        }

        listeners.Switched(reference, changed.SwitchedOff);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.Location = $"{Path}?session={reference}&saved=";
    }

    // Made of what only this browser and this process know: another site can neither read nor guess it.
    private static string TokenOf(VerifiedCredential user, string reference)
        => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.ASCII.GetBytes(user.Assertion), Encoding.UTF8.GetBytes("switches\n" + reference)));

    private static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = ServicePaths.FormLimit;
        }

        try
        {
            return context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : null;
        }
        catch (Exception bad) when (bad is BadHttpRequestException or InvalidDataException)
        {
            // Too long, or no form: nothing was changed.
            return null;
        }
    }
}
