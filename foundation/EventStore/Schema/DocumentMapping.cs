using System.Reflection;
using Marten.Events;

namespace Marten.Schema;

/// <summary>Who writes the documents of a type.</summary>
internal enum DocumentKind
{
    /// <summary>Sessions; <c>mt_version</c> is a random uuid per write.</summary>
    Ordinary,

    /// <summary>A fold; <c>mt_version</c> is the version (or sequence) of the last event folded.</summary>
    Projected,
}

/// <summary>A document type and its table.</summary>
internal abstract class DocumentMapping(Type documentType, DocumentKind kind)
{
    private string? _alias;

    public Type DocumentType { get; } = documentType;

    public DocumentKind Kind { get; set; } = kind;

    public string Alias
    {
        get => _alias ??= EventNames.DocumentAlias(DocumentType);
        set => _alias = value;
    }

    public string Table => "mt_doc_" + Alias;

    public abstract Type IdType { get; }

    public List<DocumentIndex> Indexes { get; } = [];

    /// <summary>As Marten writes it for documents: without the assembly.</summary>
    public string DotNetName => DocumentType.FullName!;

    public abstract object IdOf(object document);
}

internal sealed class DocumentMapping<T> : DocumentMapping where T : class
{
    private PropertyInfo? _identity;

    public DocumentMapping(DocumentKind kind) : base(typeof(T), kind)
    {
        _identity = typeof(T).GetProperty("Id", BindingFlags.Public | BindingFlags.Instance);
    }

    public override Type IdType => Identity.PropertyType;

    private PropertyInfo Identity => _identity is { } p && (p.PropertyType == typeof(Guid) || p.PropertyType == typeof(string))
        ? p
        : throw new InvalidOperationException($"{typeof(T)} needs a property Id of type Guid or string, or Schema.For<{typeof(T).Name}>().Identity(...).");

    public void UseIdentity(MemberPath path) => _identity = path.Members is [var single] ? single : throw new ArgumentException("An id is a direct member.", nameof(path));

    public override object IdOf(object document)
    {
        var id = Identity.GetValue(document);
        if (id is Guid guid && guid == Guid.Empty)
        {
            var assigned = Guid.NewGuid();
            Identity.SetValue(document, assigned);
            return assigned;
        }

        return id is string { Length: > 0 } or Guid ? id : throw new InvalidOperationException($"A document {typeof(T)} has no id.");
    }
}
