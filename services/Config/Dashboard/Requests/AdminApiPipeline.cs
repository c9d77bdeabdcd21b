using System.Diagnostics;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>
/// Runs a request of the dashboard through the admin API's own endpoints, filters and validation, inside this process. A page can therefore do
/// nothing that the API cannot, and what it does is checked and recorded in the same way.
/// </summary>
public sealed class AdminApiPipeline(IHttpContextFactory contexts, IConfiguration configuration)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    // What is passed on is as slow as whoever takes it.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(10);
    private RequestDelegate? _endpoints;

    /// <summary>The account's path: <c>/client/v4/accounts/default</c>.</summary>
    public string AccountPath { get; } = $"/client/v4/accounts/{AccountFilter.IdOf(configuration)}";

    /// <summary>Takes over the endpoints that have been mapped.</summary>
    public void Connect(IApplicationBuilder app, IEndpointRouteBuilder mapped)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(mapped);
        var branch = app.New();
        branch.UseRouting();
        branch.UseEndpoints(routes =>
        {
            foreach (var source in mapped.DataSources)
            {
                routes.DataSources.Add(source);
            }
        });
        _endpoints = branch.Build();
    }

    /// <summary>Answers the call in the name of an administrator.</summary>
    public async Task<ApiAnswer> SendAsync(ApiCall call, ApiCaller caller, EdgeRequest edge, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(call);
        using var body = new MemoryStream();
        var response = new HttpResponseFeature();
        await RunAsync(call, caller, edge, response, body, s_deadline, ct);
        return new ApiAnswer(response.StatusCode, Envelope(body.GetBuffer().AsSpan(0, (int)body.Length)), response.Headers.ETag.Count == 1 ? response.Headers.ETag.ToString() : null);
    }

    /// <summary>Passes a large answer on while it is made, without keeping it; gives what was refused, or null when it has gone through.</summary>
    public async Task<ApiAnswer?> PassAsync(ApiCall call, ApiCaller caller, EdgeRequest edge, HttpResponse target, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(target);
        var response = new HttpResponseFeature();
        await using var body = new PassingBody(response, target);
        await RunAsync(call, caller, edge, response, body, s_longest, ct);
        return body.HasPassed ? null : new ApiAnswer(response.StatusCode, Envelope(body.Refusal), null);
    }

    private static JsonObject Envelope(ReadOnlySpan<byte> body) => body.Length == 0 ? [] : JsonNode.Parse(body)?.AsObject() ?? [];

    private async Task RunAsync(ApiCall call, ApiCaller caller, EdgeRequest edge, HttpResponseFeature response, Stream body, TimeSpan patience, CancellationToken ct)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(patience);
        var activity = Activity.Current;

        // The context of the inner request must not replace the page's own where code asks for the current one.
        Task inner;
        using (ExecutionContext.SuppressFlow())
        {
            inner = Task.Run(
                () =>
                {
                    Activity.Current = activity;
                    return RunAsync(call, caller, edge, response, body, deadline.Token);
                },
                CancellationToken.None);
        }

        await inner;
    }

    private async Task RunAsync(ApiCall call, ApiCaller caller, EdgeRequest edge, HttpResponseFeature response, Stream body, CancellationToken ct)
    {
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(Request(call));
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        features.Set<IHttpMaxRequestBodySizeFeature>(new BodyLimit());
        features.Set(edge);
        var context = contexts.Create(features);
        try
        {
            context.RequestAborted = ct;
            (caller with { ByDashboard = true }).Enter(context);
            await (_endpoints ?? throw new InvalidOperationException("The endpoints of the admin API have not been mapped yet."))(context);
            await context.Response.CompleteAsync();
        }
        finally
        {
            contexts.Dispose(context);
        }
    }

    private HttpRequestFeature Request(ApiCall call)
    {
        var query = call.Path.IndexOf('?', StringComparison.Ordinal);
        var content = call.Body is null ? [] : System.Text.Encoding.UTF8.GetBytes(call.Body.ToJsonString());
        var request = new HttpRequestFeature
        {
            Protocol = HttpProtocol.Http11,
            Scheme = Uri.UriSchemeHttp,
            Method = call.Method,
            PathBase = "",
            Path = $"{AccountPath}/{(query < 0 ? call.Path : call.Path[..query])}",
            QueryString = query < 0 ? "" : call.Path[query..],
            Body = new MemoryStream(content, writable: false),
        };
        request.Headers.ContentLength = content.Length;
        if (call.Body is not null)
        {
            request.Headers.ContentType = "application/json";
        }

        if (call.IfMatch is not null)
        {
            request.Headers.IfMatch = call.IfMatch;
        }

        return request;
    }

    // The body was read from a form of limited length: the endpoints' own limit has nothing to add.
    private sealed class BodyLimit : IHttpMaxRequestBodySizeFeature
    {
        public bool IsReadOnly => false;

        public long? MaxRequestBodySize { get; set; }
    }
}
