using System.Text.Json.Serialization;
using Aspire.Hosting.ApplicationModel;

namespace ManagedOAuth.AppHost.LocalConsole;

/// <summary>A replica, as <c>/api/resources</c> shows it.</summary>
internal sealed record ResourceView(
    string Id, string Name, string Type, string State, string Health, string? HealthDetail, int? Pid, int? ExitCode, int Restarts, DateTimeOffset? StartedAt,
    IReadOnlyDictionary<string, string> Endpoints, IReadOnlyList<string> Urls)
{
    public static ResourceView Of(ResourceSnapshot snapshot) => new(
        snapshot.ResourceId, snapshot.ResourceName, snapshot.ResourceType, snapshot.State, snapshot.Health.ToString(), snapshot.HealthDetail, snapshot.ProcessId,
        snapshot.ExitCode, snapshot.Restarts, snapshot.StartedAt, snapshot.Endpoints, [.. snapshot.Urls.Select(url => url.Url)]);
}

/// <summary>A line, as <c>/api/resources/{id}/logs</c> shows it.</summary>
internal sealed record LogLineView(DateTimeOffset Time, string Text);

/// <summary>A message, as <c>/api/mailbox</c> shows it.</summary>
internal sealed record MailView(string To, string Subject, string? Pin, DateTimeOffset ReceivedAt);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(IEnumerable<ResourceView>))]
[JsonSerializable(typeof(IEnumerable<LogLineView>))]
[JsonSerializable(typeof(IEnumerable<MailView>))]
internal sealed partial class ConsoleJson : JsonSerializerContext;
