namespace ManagedOAuth.Config.OpenApi;

/// <summary>What a route answers with success, as metadata of the endpoint.</summary>
/// <param name="Schema">JSON Schema of <c>result</c>.</param>
/// <param name="IsEnveloped">False where the whole body is that, and no envelope around it.</param>
public sealed record DescribedAnswer(string Schema, bool IsEnveloped);

/// <summary>What a request to a route has in its body, as metadata of the endpoint.</summary>
/// <param name="Schema">JSON Schema of the body.</param>
/// <param name="IsRequired">Whether there must be one.</param>
public sealed record DescribedRequest(string Schema, bool IsRequired);

/// <summary>Describes bodies on routes whose answers or requests are not simply an object of a kind.</summary>
public static class DescribedBodies
{
    /// <summary>The answer's <c>result</c>.</summary>
    public static TBuilder Answers<TBuilder>(this TBuilder builder, string schema)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new DescribedAnswer(schema, IsEnveloped: true));

    /// <summary>The answer's body, where it is a document of its own.</summary>
    public static TBuilder AnswersWhole<TBuilder>(this TBuilder builder, string schema)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new DescribedAnswer(schema, IsEnveloped: false));

    /// <summary>The request's body.</summary>
    public static TBuilder Takes<TBuilder>(this TBuilder builder, string schema, bool isRequired = true)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new DescribedRequest(schema, isRequired));
}
