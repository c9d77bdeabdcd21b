using System.Net;
using System.Text;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Edge.Portals.Switches;

/// <summary>The page with the switches: one form, complete without scripts.</summary>
internal static class SwitchesHtml
{
    private static readonly string s_style = Resource("design.css") + """

        body { min-height: 100vh; display: flex; flex-direction: column; align-items: center; justify-content: center; padding: 1.5rem 1rem; font-size: 16px; }
        main { width: 100%; max-width: 36rem; padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: var(--radius); }
        h1 { margin: 0 0 .5rem; font-size: 1.4rem; }
        fieldset { margin: 0 0 1.25rem; padding: 0; border: 0; }
        legend { padding: 0 0 .5rem; font-weight: 600; }
        .more { margin: 1.25rem 0 0; }
        .server { display: flex; gap: .8rem; align-items: baseline; padding: .75rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
        .server input { flex: none; }
        .server p { margin: 0; font-size: .86rem; }
        footer { margin-top: 1rem; color: var(--dim); font-size: .8rem; }
        """;

    public static Task WriteAsync(
        HttpContext context, PortalDirectory directory, PortalVisitor visitor, IReadOnlyList<PortalServer> servers, PortalSession session, string token, bool isSaved)
    {
        var security = new PageSecurity().AllowForms();
        var client = RpcMessage.Member(session.ClientInfo ?? default, "name").GetStringOrNull();
        var page = $"""
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            <title>Servers of this session</title><style nonce="{security.Nonce}">{s_style}</style></head>
            <body><main><h1>Servers of this session</h1>
            {(isSaved ? """<p class="done" role="status">Saved. The client is told that its tools have changed.</p>""" : "")}
            <p>{Lead(directory, session, client)}</p>
            {(servers.Count == 0 ? """<p class="dim">No servers are available to you here.</p>""" : Form(directory, visitor, servers, session, token))}
            <p class="more"><a href="/authorize">Connect your accounts at the servers</a></p>
            </main><footer>Reference <code>{Answer.FlowId(context)}</code></footer></body></html>

            """;
        var body = Encoding.UTF8.GetBytes(page);
        security.Apply(context.Response);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static string Lead(PortalDirectory directory, PortalSession session, string? client)
        => $"What {(string.IsNullOrWhiteSpace(client) ? "a client of yours" : $"<strong>{Text(client.Length > 100 ? client[..100] : client)}</strong>")} finds at {Text(directory.Portal.Name)}, "
            + $"in the session that it began on {session.CreatedAt:yyyy-MM-dd HH:mm} UTC. Other sessions keep what they have.";

    private static string Form(PortalDirectory directory, PortalVisitor visitor, IReadOnlyList<PortalServer> servers, PortalSession session, string token) => $"""
        <form method="post">
        <input type="hidden" name="csrf" value="{token}">
        <fieldset><legend>Switched on</legend>
        {string.Concat(servers.Select(server => Row(directory, visitor, server, !session.SwitchedOff.Contains(server.ServerId))))}
        </fieldset>
        <button type="submit">Save</button>
        </form>
        """;

    // Ids of servers hold letters, digits and hyphens only; everything else is somebody's text.
    private static string Row(PortalDirectory directory, PortalVisitor visitor, PortalServer server, bool isOn)
    {
        var tools = server.Tools.Count(tool => directory.MayUse(visitor, tool));
        return $"""
            <div class="server"><input type="checkbox" id="on-{server.ServerId}" name="on" value="{server.ServerId}"{(isOn ? " checked" : "")} aria-describedby="about-{server.ServerId}">
            <input type="hidden" name="{(isOn ? SwitchesPage.ShownOn : SwitchesPage.ShownOff)}" value="{server.ServerId}">
            <div><label for="on-{server.ServerId}">{Text(server.Record.Name)}</label>
            <p class="dim" id="about-{server.ServerId}">{tools} {(tools == 1 ? "tool" : "tools")}{(server.Record.Description.Length == 0 ? "" : ": " + Text(server.Record.Description))}</p></div></div>

            """;
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(SwitchesHtml).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
