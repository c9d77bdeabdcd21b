using System.Linq.Expressions;

namespace Marten.Schema;

/// <summary>Says more about a document type.</summary>
public sealed class DocumentMappingExpression<T> where T : class
{
    private readonly DocumentMapping<T> _mapping;

    internal DocumentMappingExpression(DocumentMapping<T> mapping) => _mapping = mapping;

    /// <summary>The member that is the id (Guid or string), if it is not called Id.</summary>
    public DocumentMappingExpression<T> Identity(Expression<Func<T, object?>> member)
    {
        _mapping.UseIdentity(MemberPath.Of(member));
        return this;
    }

    /// <summary>No two documents may have the same value in these members. A document in which one of them is null is exempt.</summary>
    public DocumentMappingExpression<T> UniqueIndex(params Expression<Func<T, object?>>[] members)
    {
        _mapping.Indexes.Add(new DocumentIndex([.. members.Select(MemberPath.Of)], IsUnique: true));
        return this;
    }

    /// <summary>Makes queries on these members fast. Strings and dates are indexed as text (dates sort right if they are stored in UTC), numbers as numbers.</summary>
    public DocumentMappingExpression<T> Index(params Expression<Func<T, object?>>[] members)
    {
        _mapping.Indexes.Add(new DocumentIndex([.. members.Select(MemberPath.Of)], IsUnique: false));
        return this;
    }

    /// <summary>Another name for the table: <c>mt_doc_{alias}</c>.</summary>
    public DocumentMappingExpression<T> DocumentAlias(string alias)
    {
        _mapping.Alias = Sql.SqlText.CheckName(alias);
        return this;
    }
}
