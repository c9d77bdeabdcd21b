using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Methods;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.BuiltIns;

/// <summary>
/// <c>?optimize_context=</c> of the endpoint: with <c>minimize_tools</c> tools are listed without their schemas, with <c>search_and_execute</c> not at
/// all; in both the model finds them by searching, and runs them by name.
/// </summary>
internal static class OptimizedContext
{
    public const string Minimize = "minimize_tools";
    public const string SearchAndExecute = "search_and_execute";

    /// <summary>How the endpoint's address asks for it; empty = not at all.</summary>
    public static string Of(HttpRequest request) => request.Query["optimize_context"].ToString() is (Minimize or SearchAndExecute) and var asked ? asked : "";

    public static bool Is(PortalRequest request) => request.OptimizeContext is Minimize or SearchAndExecute;

    /// <summary>A definition that costs a model little: name and the beginning of the description.</summary>
    public static ReadOnlyMemory<byte> Minimal(PortalCapability tool)
    {
        const int longest = 200;
        var description = RpcMessage.Member(JsonDocument.Parse(tool.Definition).RootElement, "description").GetStringOrNull() ?? "";
        return RpcWriter.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("name", tool.VisibleName);
            json.WriteString("description", (description.Length <= longest ? description : description[..longest] + "...") + " (schema: portal_query_tools)");
            json.WriteStartObject("inputSchema");
            json.WriteString("type", "object");
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}

/// <summary>Finds tools by a regular expression over names and descriptions, among those that the user may use.</summary>
internal sealed class QueryToolsTool(TimeProvider clock) : BuiltInTool
{
    private const int MaximumPattern = 512;
    private const int MaximumFound = 50;
    private const int MaximumText = 2048;
    private static readonly TimeSpan s_longest = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_longestMatch = TimeSpan.FromMilliseconds(100);

    public override string Name => "portal_query_tools";

    protected override string Description => "Searches the tools behind this portal by a regular expression over their names and descriptions, and returns their full definitions.";

    protected override string InputSchema => """{"type":"object","properties":{"query":{"type":"string","maxLength":512,"description":"Regular expression, case does not count. No look-around, no back-references."}},"required":["query"]}""";

    public override bool IsFor(PortalRequest request) => OptimizedContext.Is(request);

    public override ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
    {
        if (RpcMessage.Member(arguments, "query").GetStringOrNull() is not { Length: <= MaximumPattern } pattern)
        {
            return new(PortalResults.Text(request, "\"query\" is a regular expression of at most 512 characters.", isError: true));
        }

        try
        {
            var tools = request.ActiveServers.SelectMany(server => server.Tools.Where(tool => request.Directory.MayUse(request.Visitor, tool)));
            var found = Find(pattern, tools, clock, request.Cancellation);
            var text = $"[{string.Join(",\n", found.Select(tool => System.Text.Encoding.UTF8.GetString(tool.Definition.Span)))}]";
            return new(PortalResults.Text(request, text));
        }
        catch (RegexMatchTimeoutException)
        {
            return new(PortalResults.Text(request, "The search takes too long. Search for a part of a name, or with a simpler expression.", isError: true));
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException)
        {
            // The expression is the model's: it hears what is wrong with its kind, and tries another.
            return new(PortalResults.Text(request, "The expression is not valid, too large, or uses look-around or back-references, which are not supported.", isError: true));
        }
    }

    /// <summary>The tools in whose name or description an expression is found.</summary>
    /// <exception cref="RegexMatchTimeoutException">All the texts together take too long: there may be thousands.</exception>
    internal static List<PortalCapability> Find(string pattern, IEnumerable<PortalCapability> tools, TimeProvider clock, CancellationToken cancellation)
    {
        // Never backtracks: the time is linear in the text, whatever the expression. Huge repetitions are refused when it is built.
        var regex = new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, s_longestMatch);
        var began = clock.GetTimestamp();
        return [.. tools.Where(tool => IsInTime() && (regex.IsMatch(tool.VisibleName) || regex.IsMatch(TextOf(tool)))).Take(MaximumFound)];

        bool IsInTime()
        {
            cancellation.ThrowIfCancellationRequested();
            return clock.GetElapsedTime(began) < s_longest ? true : throw new RegexMatchTimeoutException("", pattern, s_longest);
        }
    }

    private static string TextOf(PortalCapability tool)
    {
        var description = RpcMessage.Member(tool.Source.Definition, "description").GetStringOrNull() ?? "";
        return description.Length <= MaximumText ? description : description[..MaximumText];
    }
}

/// <summary>Runs a tool by its name: the same decision, server and limits as a call of the tool itself.</summary>
internal sealed class ExecuteTool(Func<CallTool> calls) : BuiltInTool
{
    public override string Name => "portal_execute";

    protected override string Description => "Calls a tool that portal_query_tools has found.";

    protected override string InputSchema => """{"type":"object","properties":{"name":{"type":"string","description":"The tool's name."},"arguments":{"type":"object","description":"Its arguments."}},"required":["name"]}""";

    protected override bool IsReadOnly => false;

    public override bool IsFor(PortalRequest request) => OptimizedContext.Is(request);

    public override ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments)
        => RpcMessage.Member(arguments, "name").GetStringOrNull() is { } name && !IsName(name)
            ? calls().CallAsync(request, name, RpcMessage.Member(arguments, "arguments"))
            : new(PortalResults.Text(request, "\"name\" is the name of a tool of a server.", isError: true));
}
