namespace ManagedOAuth.Contracts.Tokens;

/// <summary>Where an origin, or an MCP server that wants it, finds the signed assertion of who is asking; the original's name.</summary>
public static class AssertionHeader
{
    public const string Name = "Cf-Access-Jwt-Assertion";
}
