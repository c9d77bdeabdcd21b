namespace ManagedOAuth.Config.OpenApi;

/// <summary>A query parameter of a route, as metadata of the endpoint.</summary>
/// <param name="Name">The parameter.</param>
/// <param name="Type">JSON Schema's type.</param>
/// <param name="Description">What it does.</param>
public sealed record DescribedParameter(string Name, string Type, string Description);

/// <summary>Describes parameters on routes.</summary>
public static class DescribedParameters
{
    public static TBuilder Describe<TBuilder>(this TBuilder builder, string name, string type, string description)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new DescribedParameter(name, type, description));

    /// <summary>Describes a time.</summary>
    public static TBuilder DescribeTime<TBuilder>(this TBuilder builder, string name, string description)
        where TBuilder : IEndpointConventionBuilder
        => builder.Describe(name, "string", $"{description} (RFC 3339).");

    /// <summary>Describes <see cref="Api.Paging"/>.</summary>
    /// <param name="builder">The route.</param>
    /// <param name="usual"><c>per_page</c> of a request that does not say it.</param>
    public static TBuilder DescribePage<TBuilder>(this TBuilder builder, int usual = 25)
        where TBuilder : IEndpointConventionBuilder
        => builder.Describe("page", "integer", "From 1.").Describe("per_page", "integer", $"1 to 1000; {usual} unless given.");
}
