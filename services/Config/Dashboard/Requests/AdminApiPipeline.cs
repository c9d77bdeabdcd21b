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
    private RequestDelegate? _endpoints;

    /// <summary>The account's path: <c>/client/v4/accounts/default</c>.</summary>
    public string AccountPath { get; } = $"/client/v4/accounts/{configuration["Config:Account"] ?? "default"}";

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
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(s_deadline);
        var activity = Activity.Current;

        // The context of the inner request must not replace the page's own where code asks for the current one.
        Task<ApiAnswer> inner;
        using (ExecutionContext.SuppressFlow())
        {
            inner = Task.Run(
                () =>
                {
                    Activity.Current = activity;
                    return RunAsync(call, caller, edge, deadline.Token);
                },
                CancellationToken.None);
        }

        return await inner;
    }

    private async Task<ApiAnswer> RunAsync(ApiCall call, ApiCaller caller, EdgeRequest edge, CancellationToken ct)
    {
        using var body = new MemoryStream();
        var response = new HttpResponseFeature();
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

        var envelope = body.Length == 0 ? [] : JsonNode.Parse(body.GetBuffer().AsSpan(0, (int)body.Length))?.AsObject() ?? [];
        return new ApiAnswer(response.StatusCode, envelope, response.Headers.ETag.Count == 1 ? response.Headers.ETag.ToString() : null);
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
