using Microsoft.AspNetCore.Http.Metadata;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Limits the body of one endpoint.</summary>
public static class BodyLimitExtensions
{
    /// <summary>Bodies above <paramref name="bytes"/> are refused with 413, before they are read where their length is declared.</summary>
    public static TBuilder LimitBody<TBuilder>(this TBuilder builder, long bytes)
        where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint => endpoint.Metadata.Add(new Limit(bytes)));
        return builder;
    }

    private sealed record Limit(long? MaxRequestBodySize) : IRequestSizeLimitMetadata;
}
