using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Addresses and health of resources that listen.</summary>
public static class EndpointBuilderExtensions
{
    private static readonly HttpClient s_client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
        ActivityHeadersPropagator = null,
    })
    {
        MaxResponseContentBufferSize = 64 * 1024,
    };

    /// <summary>An HTTP/1.1 address on loopback; without a port, a free one for each replica.</summary>
    public static IResourceBuilder<T> WithHttpEndpoint<T>(this IResourceBuilder<T> builder, int? port = null, string name = "http") where T : IResourceWithEndpoints =>
        builder.WithEndpoint(new EndpointAnnotation(name, port, "http", shared: false));

    /// <summary>Ours: a clear-text HTTP/2 address, for gRPC.</summary>
    public static IResourceBuilder<T> WithGrpcEndpoint<T>(this IResourceBuilder<T> builder, int? port = null, string name = "grpc") where T : IResourceWithEndpoints =>
        builder.WithEndpoint(new EndpointAnnotation(name, port, "http2", shared: false));

    /// <summary>Ours: a public address on which all replicas listen (SO_REUSEPORT). The service is told of it by other means; the host checks that it is free.</summary>
    public static IResourceBuilder<T> WithSharedHttpEndpoint<T>(this IResourceBuilder<T> builder, int port, string name) where T : IResourceWithEndpoints =>
        builder.WithEndpoint(new EndpointAnnotation(name, port, "http", shared: true));

    /// <summary>A reference to an endpoint.</summary>
    public static EndpointReference GetEndpoint<T>(this IResourceBuilder<T> builder, string name) where T : IResourceWithEndpoints => new(builder.Resource, name);

    /// <summary>Healthy means: this path answers with this status.</summary>
    public static IResourceBuilder<T> WithHttpHealthCheck<T>(this IResourceBuilder<T> builder, string path = "/", int statusCode = 200, string endpointName = "http") where T : IResourceWithEndpoints =>
        builder.WithAnnotation(new HealthCheckAnnotation($"{builder.Resource.Name}_{endpointName}_{path}_{statusCode}_check", async (replica, ct) =>
        {
            var endpoint = replica.Resource.Annotations.OfType<EndpointAnnotation>().Single(endpoint => endpoint.Name == endpointName);
            using var response = await s_client.GetAsync(endpoint.UrlOf(replica.Index) + path, ct).ConfigureAwait(false);
            return (int)response.StatusCode == statusCode ? null : $"status {(int)response.StatusCode}";
        }));

    private static IResourceBuilder<T> WithEndpoint<T>(this IResourceBuilder<T> builder, EndpointAnnotation endpoint) where T : IResourceWithEndpoints =>
        builder.Resource.Annotations.OfType<EndpointAnnotation>().Any(other => other.Name == endpoint.Name)
            ? throw new DistributedApplicationException($"'{builder.Resource.Name}' has two endpoints named '{endpoint.Name}'.")
            : builder.WithAnnotation(endpoint);
}
