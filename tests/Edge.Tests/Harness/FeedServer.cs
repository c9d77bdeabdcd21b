using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>The configuration that Config would serve; tests change it and the feed tells of it.</summary>
public sealed class ConfigurationState
{
    private readonly Lock _lock = new();
    private ImmutableList<ConfigEntry> _changes = [];

    public event Action? Changed;

    public ImmutableList<ConfigEntry> Changes => _changes;

    public void Put(Application application) => Add("application", application.Id, version => JsonSerializer.SerializeToUtf8Bytes(application with { Version = version }, ConfigurationJson.Default.Application));

    public void Put(Policy policy) => Add("policy", policy.Id, version => JsonSerializer.SerializeToUtf8Bytes(policy with { Version = version }, ConfigurationJson.Default.Policy));

    public void Put(Group group) => Add("group", group.Id, version => JsonSerializer.SerializeToUtf8Bytes(group with { Version = version }, ConfigurationJson.Default.Group));

    public void Put(AccessList list) => Add("list", list.Id, version => JsonSerializer.SerializeToUtf8Bytes(list with { Version = version }, ConfigurationJson.Default.AccessList));

    public void Put(ServiceToken token) => Add("service_token", token.Id, version => JsonSerializer.SerializeToUtf8Bytes(token with { Version = version }, ConfigurationJson.Default.ServiceToken));

    public void Put(Organization organization) => Add("organization", organization.Id, version => JsonSerializer.SerializeToUtf8Bytes(organization with { Version = version }, ConfigurationJson.Default.Organization));

    public void Put(CustomPage page) => Add("custom_page", page.Id, version => JsonSerializer.SerializeToUtf8Bytes(page with { Version = version }, ConfigurationJson.Default.CustomPage));

    public void Put(McpServer server) => Add("mcp_server", server.Id, version => JsonSerializer.SerializeToUtf8Bytes(server with { Version = version }, ConfigurationJson.Default.McpServer));

    public void Put(McpPortal portal) => Add("mcp_portal", portal.Id, version => JsonSerializer.SerializeToUtf8Bytes(portal with { Version = version }, ConfigurationJson.Default.McpPortal));

    public void Put(McpCatalog catalog) => Add("mcp_catalog", catalog.Id, version => JsonSerializer.SerializeToUtf8Bytes(catalog with { Version = version }, ConfigurationJson.Default.McpCatalog));

    public void Delete(string kind, Guid id)
    {
        lock (_lock)
        {
            _changes = _changes.Add(new ConfigEntry { Kind = kind, Id = id.ToString(), Version = _changes.Count + 1, Deleted = true });
        }

        Changed?.Invoke();
    }

    private void Add(string kind, Guid id, Func<long, byte[]> json)
    {
        lock (_lock)
        {
            var version = _changes.Count + 1;
            _changes = _changes.Add(new ConfigEntry { Kind = kind, Id = id.ToString(), Version = version, Json = ByteString.CopyFrom(json(version)) });
        }

        Changed?.Invoke();
    }
}

/// <summary>Config's side of the feed.</summary>
[AllowedCallers("edge")]
public sealed class FeedServer(ConfigurationState state) : ConfigFeed.ConfigFeedBase
{
    public override async Task Watch(WatchRequest request, IServerStreamWriter<ConfigFrame> responseStream, ServerCallContext context)
    {
        using var changed = new WakeSignal();
        state.Changed += changed.Wake;
        try
        {
            var sent = request.Epoch == "test" ? (int)request.AfterPosition : 0;
            var first = sent == 0;
            while (!context.CancellationToken.IsCancellationRequested)
            {
                var changes = state.Changes;
                var frame = new ConfigFrame { Epoch = "test", Position = changes.Count, ReadAt = DateTimeOffset.UtcNow.ToTimestamp(), Snapshot = first };
                frame.Entries.AddRange(changes.Skip(sent));
                await responseStream.WriteAsync(frame);
                (sent, first) = (changes.Count, false);
                await changed.WaitAsync(TimeSpan.FromMilliseconds(300), context.CancellationToken);
            }
        }
        finally
        {
            state.Changed -= changed.Wake;
        }
    }
}
