namespace ManagedOAuth.AppHost.Seeding;

/// <summary>What the terminal says when everything is ready.</summary>
internal static class Welcome
{
    /// <param name="options">Command line.</param>
    /// <param name="state">Where the token is.</param>
    /// <param name="first">First start: the token is shown.</param>
    /// <param name="elapsed">How long it took.</param>
    /// <param name="seededFor">The port base that the stored configuration was made for, when it is not today's.</param>
    public static string Text(AppHostOptions options, LocalState state, bool first, TimeSpan elapsed, int? seededFor)
    {
        var ports = options.Ports;
        var token = first ? $"{state.AdminToken()}   (kept in {state.AdminTokenFile})" : $"in {state.AdminTokenFile}";
        var warning = seededFor is { } port ? $"\n\n  The stored configuration was made for --port-base {port}: its applications do not answer here." : "";
        return $"""

              ManagedOAuth is ready after {elapsed.TotalSeconds:0.0} s.

              {LocalPorts.Url(ports.Orders)}   Orders API, Managed OAuth on
              {LocalPorts.Url(ports.Mcp)}   MCP server portal (/mcp), Managed OAuth on: two sample servers
              {LocalPorts.Url(ports.Team)}   team domain: login
              {LocalPorts.Url(ports.Dashboard)}   dashboard (sign in as {SeedPlan.Administrator}) and admin API
              {LocalPorts.Url(ports.BrowserOnly)}   the same orders, Managed OAuth off
              {LocalPorts.Url(ports.Console)}   local console and mailbox (PINs arrive here)

              Admin API token: {token}{warning}

              Try:
                curl -i {LocalPorts.Url(ports.Orders)}/orders
                npx mcp-remote {LocalPorts.Url(ports.Mcp)}/mcp          log in as anyone@example.com, the PIN is in the mailbox
                curl -H "Authorization: Bearer $(cat {state.AdminTokenFile})" {LocalPorts.Url(ports.Dashboard)}/client/v4/accounts/default/access/apps

              Ctrl-C stops everything.

            """;
    }
}
