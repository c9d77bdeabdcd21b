namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A request as an origin or a service got it.</summary>
public sealed record Received(string Method, string Target, IReadOnlyList<(string Name, string Value)> Headers, string Body, string Connection)
{
    public string? this[string name]
        => Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value).FirstOrDefault();

    public IReadOnlyList<string> All(string name)
        => [.. Headers.Where(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value)];
}
