using System.Collections.Frozen;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>A server in a portal, with everything that does not depend on who asks.</summary>
public sealed class PortalServer
{
    private readonly FrozenDictionary<string, PortalCapability> _tools;
    private readonly FrozenDictionary<string, PortalCapability> _prompts;

    /// <summary>One server with what a portal makes of it.</summary>
    /// <param name="record">The server.</param>
    /// <param name="settings">The portal's settings for it. A portal that is saved brings those of all its servers anew, so they are compared by value.</param>
    /// <param name="catalog">What it offers.</param>
    /// <param name="applications">Who sees it.</param>
    /// <param name="previous">The same server before: tools and prompts that nothing has changed are the same objects as there, and nobody is told of a change.</param>
    internal PortalServer(McpServer record, McpPortalServer settings, McpCatalog? catalog, IReadOnlyList<Application> applications, PortalServer? previous = null)
    {
        var known = previous is not null && ReferenceEquals(previous.Record, record) && ReferenceEquals(previous.Catalog, catalog) ? previous : null;
        Record = record;
        Settings = settings;
        Catalog = catalog;
        Applications = applications;
        Endpoint = McpEndpoint.Of(record, catalog);
        Tools = known is not null && known.Settings.DefaultDisabled == settings.DefaultDisabled && known.Settings.UpdatedTools.SequenceEqual(settings.UpdatedTools)
            ? known.Tools
            : PortalCuration.Curate(record.ServerId, catalog?.Tools ?? [], settings.UpdatedTools, record.UpdatedTools, settings.DefaultDisabled, record.ToolPolicies);
        Prompts = known is not null && known.Settings.UpdatedPrompts.SequenceEqual(settings.UpdatedPrompts)
            ? known.Prompts
            : PortalCuration.Curate(record.ServerId, catalog?.Prompts ?? [], settings.UpdatedPrompts, record.UpdatedPrompts, defaultDisabled: false, []);
        _tools = Tools.Where(tool => tool.VisibleName.Length > 0).ToFrozenDictionary(tool => tool.VisibleName, StringComparer.Ordinal);
        _prompts = Prompts.Where(prompt => prompt.VisibleName.Length > 0).ToFrozenDictionary(prompt => prompt.VisibleName, StringComparer.Ordinal);
    }

    public string ServerId => Record.ServerId;

    public McpServer Record { get; }

    public McpPortalServer Settings { get; }

    /// <summary>Null until the server has been read for the first time: nothing of it is there.</summary>
    public McpCatalog? Catalog { get; }

    /// <summary>Where Config found the server when it read it; null = not known, and to be found out by its address.</summary>
    public McpEndpoint? Endpoint { get; }

    /// <summary>The applications of type <c>mcp</c> that name the server, oldest first. Each of them has to admit; none = nobody.</summary>
    public IReadOnlyList<Application> Applications { get; }

    /// <summary>All tools, also those that are not available, in the server's order.</summary>
    public IReadOnlyList<PortalCapability> Tools { get; }

    public IReadOnlyList<PortalCapability> Prompts { get; }

    /// <summary>Each user has an account of their own at the server.</summary>
    public bool PerUser => Settings.OnBehalf && Record.AuthType == McpAuthType.Oauth;

    /// <summary>A tool by its visible name, in any state.</summary>
    public PortalCapability? FindTool(string visibleName) => _tools.GetValueOrDefault(visibleName);

    /// <summary>A prompt by its visible name, in any state.</summary>
    public PortalCapability? FindPrompt(string visibleName) => _prompts.GetValueOrDefault(visibleName);

    internal bool IsOf(McpServer record, McpPortalServer settings, McpCatalog? catalog, IReadOnlyList<Application> applications)
        => ReferenceEquals(Record, record) && ReferenceEquals(Settings, settings) && ReferenceEquals(Catalog, catalog)
            && Applications.SequenceEqual(applications, ReferenceEqualityComparer.Instance);
}
