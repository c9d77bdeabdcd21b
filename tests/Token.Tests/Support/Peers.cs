using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>Config's feed and authorization-server's client check, as Token meets them: real gRPC on a real socket, contents by the test.</summary>
public sealed class Peers : IAsyncDisposable
{
    private readonly Pulse _changed = new();
    private WebApplication _app = null!;
    private volatile ConfigurationSnapshot _snapshot = A.Snapshot();

    public string Address { get; } = $"http://127.0.0.1:{FreePort.Next()}";

    /// <summary>Known clients with their secrets; null = a public client.</summary>
    public ConcurrentDictionary<string, string?> Clients { get; } = new() { [A.ClientId] = null };

    /// <summary>While true both services answer as if they were away.</summary>
    public bool Away { get; set; }

    /// <summary>What the identity provider says about every user; asked for each time.</summary>
    public Func<CurrentIdentityRequest, Task<CurrentIdentityReply>> Current { get; set; } = _ => throw new RpcException(new Status(StatusCode.Internal, "nobody should ask"));

    /// <summary>What identity providers have provisioned.</summary>
    public Func<ProvisionedRequest, ProvisionedReply> Provisioned { get; set; } = _ => new ProvisionedReply();

    public long Position => _snapshot.Position;

    public static async Task<Peers> StartAsync()
    {
        var peers = new Peers();
        // Another content root: the settings of the service under test lie in this one.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = TemporaryFolder.Create("peers") });
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.WebHost.UseUrls(peers.Address);
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(peers);
        peers._app = builder.Build();
        peers._app.MapGrpcService<Feed>();
        peers._app.MapGrpcService<ClientCheck>();
        peers._app.MapGrpcService<IdentityCheck>();
        await peers._app.StartAsync();
        return peers;
    }

    /// <summary>Changes the configuration; the replicas see it as a new position.</summary>
    public long Change(Func<ConfigurationSnapshot, ConfigurationSnapshot> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        _snapshot = change(_snapshot) with { Position = _snapshot.Position + 1 };
        _changed.Beat();
        return _snapshot.Position;
    }

    public long ChangeApplication(Func<Application, Application> change) => Change(snapshot => snapshot with
    {
        Applications = snapshot.Applications.SetItem(A.ApplicationId, change(snapshot.Applications[A.ApplicationId])),
    });

    public long ChangePolicy(Policy policy) => Change(snapshot => snapshot with { Policies = snapshot.Policies.SetItem(policy.Id, policy) });

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private sealed class Feed(Peers peers) : Contracts.ConfigFeed.ConfigFeed.ConfigFeedBase
    {
        public override async Task Watch(WatchRequest request, IServerStreamWriter<ConfigFrame> responseStream, ServerCallContext context)
        {
            var sent = -1L;
            while (!context.CancellationToken.IsCancellationRequested)
            {
                var change = peers._changed.Next;
                if (peers.Away)
                {
                    throw new RpcException(new Status(StatusCode.Unavailable, "away"));
                }

                // Whole snapshots each time: the reader takes both forms.
                var snapshot = peers._snapshot;
                var frame = new ConfigFrame
                {
                    Epoch = snapshot.Epoch, Position = snapshot.Position, ReadAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow), Snapshot = snapshot.Position != sent,
                };
                if (frame.Snapshot)
                {
                    frame.Entries.AddRange(Entries(snapshot));
                }

                await responseStream.WriteAsync(frame);
                sent = snapshot.Position;
                await Task.WhenAny(change, Task.Delay(500, context.CancellationToken));
            }
        }

        private static IEnumerable<ConfigEntry> Entries(ConfigurationSnapshot snapshot) =>
        [
            .. snapshot.Applications.Values.Select(item => Entry("application", item.Id, JsonSerializer.SerializeToUtf8Bytes(item, ConfigurationJson.Default.Application))),
            .. snapshot.Policies.Values.Select(item => Entry("policy", item.Id, JsonSerializer.SerializeToUtf8Bytes(item, ConfigurationJson.Default.Policy))),
            .. snapshot.IdentityProviders.Values.Select(item => Entry("identity_provider", item.Id, JsonSerializer.SerializeToUtf8Bytes(item, ConfigurationJson.Default.IdentityProvider))),
            .. snapshot.ServiceTokens.Values.Select(item => Entry("service_token", item.Id, JsonSerializer.SerializeToUtf8Bytes(item, ConfigurationJson.Default.ServiceToken))),
            Entry("organization", snapshot.Organization!.Id, JsonSerializer.SerializeToUtf8Bytes(snapshot.Organization, ConfigurationJson.Default.Organization)),
        ];

        private static ConfigEntry Entry(string kind, Guid id, byte[] json) => new() { Kind = kind, Id = id.ToString(), Version = 1, Json = ByteString.CopyFrom(json) };
    }

    private sealed class ClientCheck(Peers peers) : Contracts.AuthorizationServer.Clients.ClientsBase
    {
        public override Task<AuthenticateClientReply> Authenticate(AuthenticateClientRequest request, ServerCallContext context)
        {
            if (peers.Away)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "away"));
            }

            var known = peers.Clients.TryGetValue(request.ClientId, out var secret);
            return Task.FromResult(new AuthenticateClientReply { Known = known, Authenticated = known && (secret ?? "") == request.ClientSecret });
        }
    }

    private sealed class IdentityCheck(Peers peers) : Contracts.AuthorizationServer.Identities.IdentitiesBase
    {
        public override Task<CurrentIdentityReply> Current(CurrentIdentityRequest request, ServerCallContext context)
            => peers.Away ? throw new RpcException(new Status(StatusCode.Unavailable, "away")) : peers.Current(request);

        public override Task<ProvisionedReply> Provisioned(ProvisionedRequest request, ServerCallContext context) => Task.FromResult(peers.Provisioned(request));
    }
}
