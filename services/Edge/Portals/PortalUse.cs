using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Edge.Portals;

/// <summary>What a request uses of a server. It may go on only as long as that is there for the one who asked.</summary>
/// <param name="ServerId">The server.</param>
/// <param name="Tool">The tool's name at the portal; null = no tool.</param>
/// <param name="Prompt">The prompt's name at the portal; null = no prompt.</param>
internal sealed record PortalUse(string ServerId, string? Tool = null, string? Prompt = null)
{
    public bool IsAllowed(PortalDirectory directory, PortalVisitor visitor)
        => Tool is not null ? directory.ResolveTool(visitor, Tool) is not null
            : Prompt is not null ? directory.ResolvePrompt(visitor, Prompt) is not null
            : directory.Find(ServerId) is { } server && directory.Sees(visitor, server);
}
