using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace Wolverine.Marten;

/// <summary>Ties messages to the sessions of the event store.</summary>
public static class MartenIntegrationExtensions
{
    /// <summary>Offers <see cref="IMartenOutbox"/>, per scope. Handlers use the scope's <see cref="IDocumentSession"/> in any case.</summary>
    public static MartenConfigurationExpression IntegrateWithWolverine(this MartenConfigurationExpression expression)
    {
        ArgumentNullException.ThrowIfNull(expression);
        expression.Services.AddScoped<IMartenOutbox, MartenOutbox>();
        return expression;
    }
}
