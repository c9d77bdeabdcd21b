using System.Collections.Concurrent;
using Marten.Events;
using Marten.Schema;

namespace Marten.Sql;

/// <summary>The statements that every save and fetch sends, written once per store: each text is built once and prepared once per connection.</summary>
internal sealed class StoreSql(string schema)
{
    private const string Stream = "select coalesce(s.version, 0) as mt_r_version, coalesce(s.is_archived, false), clock_timestamp()";
    private readonly ConcurrentDictionary<(DocumentMapping Mapping, bool OnlyForward), string> _upserts = new();
    private readonly ConcurrentDictionary<DocumentMapping, string> _readsWithSnapshot = new();
    private readonly ConcurrentDictionary<Type, string> _aliases = new();

    /// <summary>$1 id, $2 type, $3 version.</summary>
    public string StartStream { get; } =
        $"insert into {schema}.mt_streams (id, type, version, tenant_id, is_archived) values ($1, $2, $3, '*DEFAULT*', false)";

    /// <summary>$1 id, $2 new version, $3 version so far.</summary>
    public string AdvanceStream { get; } =
        $"update {schema}.mt_streams set version = $2, timestamp = now() where id = $1 and version = $3";

    /// <summary>$1 id. Version, archived, the server's clock.</summary>
    public string ReadStream { get; } = $"{Stream} from {schema}.mt_streams s where s.id = $1";

    /// <summary>The same with version and data of a snapshot.</summary>
    public string ReadStreamWith(DocumentMapping snapshot) => _readsWithSnapshot.GetOrAdd(
        snapshot,
        static (mapping, schema) => $"{Stream}, d.mt_version, d.data from {schema}.mt_streams s left join {schema}.{mapping.Table} d on d.id = s.id where s.id = $1",
        schema);

    /// <summary>$1 id, $2 data, $3 CLR name, $4 version; <paramref name="onlyForward"/> = a row of a later version stays as it is.</summary>
    public string UpsertProjected(DocumentMapping mapping, bool onlyForward) => _upserts.GetOrAdd(
        (mapping, onlyForward),
        static (key, schema) => $"insert into {schema}.{key.Mapping.Table} as d (id, data, mt_last_modified, mt_dotnet_type, mt_version) "
            + "values ($1, $2, transaction_timestamp(), $3, $4) on conflict (id) do update set data = excluded.data, "
            + "mt_last_modified = excluded.mt_last_modified, mt_dotnet_type = excluded.mt_dotnet_type, mt_version = excluded.mt_version"
            + (key.OnlyForward ? " where d.mt_version <= excluded.mt_version" : ""),
        schema);

    /// <summary>What <c>mt_streams.type</c> holds for an aggregate.</summary>
    public string AliasOf(Type aggregate) => _aliases.GetOrAdd(aggregate, EventNames.Alias);
}
