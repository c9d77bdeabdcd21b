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
}
