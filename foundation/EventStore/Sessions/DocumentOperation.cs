using Marten.Schema;
using Marten.Sql;

namespace Marten.Sessions;

/// <summary>One queued change.</summary>
internal abstract record DocumentOperation
{
    /// <summary>The document as the session sees it from now on; null for a deletion.</summary>
    public virtual object? Document => null;

    public abstract Statement ToStatement(DocumentStore store);
}

/// <summary>A statement given by the caller.</summary>
internal sealed record SqlOperation(string Sql, object?[] Parameters) : DocumentOperation
{
    public override Statement ToStatement(DocumentStore store) => new(Sql, [.. Parameters.Select(P.Of)]);
}

/// <summary>Stores or inserts. The document is serialized when the session is saved, as late as Marten does it.</summary>
internal sealed record StoreOperation<T>(DocumentMapping Mapping, object Id, T Value, bool InsertOnly) : DocumentOperation where T : class
{
    public override object? Document => Value;

    public override Statement ToStatement(DocumentStore store)
    {
        var sql = $"insert into {store.Options.DatabaseSchemaName}.{Mapping.Table} (id, data, mt_last_modified, mt_version, mt_dotnet_type) "
            + "values ($1, $2, transaction_timestamp(), $3, $4)";
        if (!InsertOnly)
        {
            sql += " on conflict (id) do update set data = excluded.data, mt_last_modified = excluded.mt_last_modified, "
                + "mt_version = excluded.mt_version, mt_dotnet_type = excluded.mt_dotnet_type";
        }

        return new Statement(sql, [P.Id(Id), P.Json(store.Json.Write(Value, $"document {typeof(T).Name}")), P.Uuid(Guid.NewGuid()), P.Text(Mapping.DotNetName)]);
    }
}

/// <summary>Writes the document of a fold with the version it was folded to.</summary>
internal sealed record ProjectedOperation(DocumentMapping Mapping, object Id, object Value, byte[] Json, long Version) : DocumentOperation
{
    public override object? Document => Value;

    public override Statement ToStatement(DocumentStore store) => Upsert(store, Mapping, Id, Json, Version);

    public static Statement Upsert(DocumentStore store, DocumentMapping mapping, object id, byte[] json, long version, bool onlyForward = false) =>
        new(store.Sql.UpsertProjected(mapping, onlyForward), [P.Id(id), P.Json(json), P.Text(mapping.DotNetName), P.Long(version)]);
}

/// <summary>Deletes by id.</summary>
internal sealed record DeleteOperation(DocumentMapping Mapping, object Id) : DocumentOperation
{
    public override Statement ToStatement(DocumentStore store) =>
        new($"delete from {store.Options.DatabaseSchemaName}.{Mapping.Table} where id = $1", [P.Id(Id)]);
}

/// <summary>Deletes what a fragment chooses.</summary>
internal sealed record DeleteWhereOperation(DocumentMapping Mapping, string Fragment, object?[] Parameters) : DocumentOperation
{
    public override Statement ToStatement(DocumentStore store) =>
        new($"delete from {store.Options.DatabaseSchemaName}.{Mapping.Table} as d {Fragment}", [.. Parameters.Select(P.Of)]);
}
