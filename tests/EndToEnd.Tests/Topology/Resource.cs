using System.Text.Json;

namespace ManagedOAuth.EndToEnd.Tests.Topology;

/// <summary>One process of the topology, as the console tells it.</summary>
public sealed record Resource(string Name, int Pid, bool Ready)
{
    public static Resource Read(JsonElement json) => new(
        json.GetProperty("name").GetString()!,
        json.TryGetProperty("pid", out var pid) && pid.ValueKind == JsonValueKind.Number ? pid.GetInt32() : 0,
        json.GetProperty("state").GetString() == "Running" && json.GetProperty("health").GetString() == "Healthy");
}
