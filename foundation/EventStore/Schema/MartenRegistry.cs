namespace Marten.Schema;

/// <summary>The document types of a store. A type must be declared here, as a snapshot or as a projection's view before it can be stored.</summary>
public sealed class MartenRegistry
{
    private readonly Dictionary<Type, DocumentMapping> _mappings = [];

    internal MartenRegistry()
    {
    }

    internal IEnumerable<DocumentMapping> Mappings => _mappings.Values;

    /// <summary>Declares a document type with a Guid or string id and says more about it.</summary>
    public DocumentMappingExpression<T> For<T>() where T : class => new(Declare<T>(DocumentKind.Ordinary));

    internal DocumentMapping<T> Declare<T>(DocumentKind kind) where T : class
    {
        if (_mappings.TryGetValue(typeof(T), out var mapping))
        {
            // A projection's view may get indexes through For<T>() before or after it is registered.
            mapping.Kind = kind > mapping.Kind ? kind : mapping.Kind;
        }
        else
        {
            _mappings[typeof(T)] = mapping = new DocumentMapping<T>(kind);
        }

        return (DocumentMapping<T>)mapping;
    }

    internal DocumentMapping Find(Type type) => _mappings.TryGetValue(type, out var mapping)
        ? mapping
        : throw new InvalidOperationException($"{type} is not a declared document type; call Schema.For<{type.Name}>() when the store is configured.");
}
