using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>Config's feed and Token's code service in one process beside the service under test: real gRPC, answers that a test decides.</summary>
internal sealed class Peers : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Peers(WebApplication app, string address) => (_app, Address) = (app, address);

    public string Address { get; }

    public FeedState Feed => _app.Services.GetRequiredService<FeedState>();

    public CodesState Codes => _app.Services.GetRequiredService<CodesState>();

    public static async Task<Peers> StartAsync()
    {
        var port = FreePort.Next();
        // Not this folder's settings: they are those of the service under test.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = Path.GetTempPath() });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenLocalhost(port, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddSingleton<FeedState>().AddSingleton<CodesState>().AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<FeedService>();
        app.MapGrpcService<CodesService>();
        app.MapGrpcService<EvaluationsService>();
        app.MapGrpcService<GrantsService>();
        await app.StartAsync();
        return new Peers(app, $"http://127.0.0.1:{port}");
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class FeedService(FeedState state) : ConfigFeed.ConfigFeedBase
    {
        public override async Task Watch(WatchRequest request, IServerStreamWriter<ConfigFrame> responseStream, ServerCallContext context)
        {
            var (frame, changed) = state.Snapshot();
            while (!context.CancellationToken.IsCancellationRequested)
            {
                await responseStream.WriteAsync(frame);
                await Task.WhenAny(changed, Task.Delay(500, context.CancellationToken));
                (frame, changed) = state.Snapshot();
            }
        }
    }

    private sealed class EvaluationsService(CodesState state) : ExternalEvaluations.ExternalEvaluationsBase
    {
        public override Task<EvaluateReply> Evaluate(EvaluateRequest request, ServerCallContext context) => Task.FromResult(state.Evaluate(request));
    }

    private sealed class GrantsService(CodesState state) : GrantQueries.GrantQueriesBase
    {
        public override Task<ListGrantsReply> List(ListGrantsRequest request, ServerCallContext context) => Task.FromResult(new ListGrantsReply());

        public override Task<EndAllReply> EndAll(EndAllRequest request, ServerCallContext context) => Task.FromResult(state.EndAll(request));
    }

    private sealed class CodesService(CodesState state) : ManagedOAuth.Contracts.Token.Codes.CodesBase
    {
        public override Task<CreateCodeReply> CreateCode(CreateCodeRequest request, ServerCallContext context) => state.CreateCode(request);

        public override Task<OpenSessionReply> OpenSession(OpenSessionRequest request, ServerCallContext context) => state.OpenSession(request);
    }
}

/// <summary>The configuration that the feed serves.</summary>
internal sealed class FeedState
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ConfigEntry> _entries = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _position;

    public long Position
    {
        get
        {
            lock (_lock)
            {
                return _position;
            }
        }
    }

    public void Put(Application value) => Put("application", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.Application);

    public void Put(Policy value) => Put("policy", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.Policy);

    public void Put(IdentityProvider value) => Put("identity_provider", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.IdentityProvider);

    public void Put(Organization value) => Put("organization", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.Organization);

    public void Put(McpServer value) => Put("mcp_server", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.McpServer);

    public void Put(McpPortal value) => Put("mcp_portal", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.McpPortal);

    public void Remove(Guid id)
    {
        lock (_lock)
        {
            _position++;
            _entries.Remove(id.ToString());
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Put(CustomPage value) => Put("custom_page", value.Id, value with { Version = NextVersion() }, ConfigurationJson.Default.CustomPage);

    public (ConfigFrame Frame, Task Changed) Snapshot()
    {
        lock (_lock)
        {
            var frame = new ConfigFrame { Epoch = "e", Position = _position, ReadAt = Timestamp.FromDateTime(DateTime.UtcNow), Snapshot = true };
            frame.Entries.AddRange(_entries.Values);
            return (frame, _changed.Task);
        }
    }

    private long NextVersion() => Position + 1;

    private void Put<T>(string kind, Guid id, T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        lock (_lock)
        {
            _position++;
            _entries[id.ToString()] = new ConfigEntry
            {
                Kind = kind,
                Id = id.ToString(),
                Version = _position,
                Json = ByteString.CopyFrom(System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value, type)),
            };
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }
}

/// <summary>What Token was asked, and what it answers.</summary>
internal sealed class CodesState
{
    private readonly Lock _lock = new();
    private readonly List<CreateCodeRequest> _codes = [];
    private readonly List<OpenSessionRequest> _sessions = [];
    private readonly List<EndAllRequest> _ended = [];

    public StatusCode? Fails { get; set; }

    /// <summary>What external evaluations come to.</summary>
    public Func<EvaluateRequest, EvaluateReply> Evaluate { get; set; } = _ => throw new RpcException(new Status(StatusCode.Internal, "nobody should ask"));

    public IReadOnlyList<CreateCodeRequest> Codes
    {
        get
        {
            lock (_lock)
            {
                return [.. _codes];
            }
        }
    }

    public IReadOnlyList<OpenSessionRequest> Sessions
    {
        get
        {
            lock (_lock)
            {
                return [.. _sessions];
            }
        }
    }

    public IReadOnlyList<EndAllRequest> Ended
    {
        get
        {
            lock (_lock)
            {
                return [.. _ended];
            }
        }
    }

    /// <summary>Each sweep takes two batches.</summary>
    public EndAllReply EndAll(EndAllRequest request)
    {
        lock (_lock)
        {
            _ended.Add(request);
            ThrowIfFailing();
            return new EndAllReply { Ended = 1, More = !request.GoesOn };
        }
    }

    public Task<CreateCodeReply> CreateCode(CreateCodeRequest request)
    {
        ThrowIfFailing();
        lock (_lock)
        {
            _codes.Add(request);
            return Task.FromResult(new CreateCodeReply { Code = $"mo_ac_test{_codes.Count}", ExpiresIn = 60 });
        }
    }

    public Task<OpenSessionReply> OpenSession(OpenSessionRequest request)
    {
        ThrowIfFailing();
        lock (_lock)
        {
            _sessions.Add(request);
            return Task.FromResult(new OpenSessionReply { Code = $"mo_sc_test{_sessions.Count}", ExpiresIn = 60, GrantId = Guid.NewGuid().ToString() });
        }
    }

    private void ThrowIfFailing()
    {
        if (Fails is { } code)
        {
            throw new RpcException(new Status(code, "as the test wants it"));
        }
    }
}
