using Npgsql;
using NpgsqlTypes;

namespace Marten.Sql;

/// <summary>Positional parameters with their PostgreSQL type.</summary>
internal static class P
{
    public static NpgsqlParameter Uuid(Guid value) => new NpgsqlParameter<Guid> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Uuid };

    public static NpgsqlParameter Long(long value) => new NpgsqlParameter<long> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Bigint };

    public static NpgsqlParameter Text(string? value) => value is null
        ? Null(NpgsqlDbType.Varchar)
        : new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Varchar };

    public static NpgsqlParameter Json(byte[]? value) => value is null
        ? Null(NpgsqlDbType.Jsonb)
        : new NpgsqlParameter<byte[]> { TypedValue = value, NpgsqlDbType = NpgsqlDbType.Jsonb };

    public static NpgsqlParameter Time(DateTimeOffset? value) => value is { } time
        ? new NpgsqlParameter<DateTimeOffset> { TypedValue = time.ToUniversalTime(), NpgsqlDbType = NpgsqlDbType.TimestampTz }
        : Null(NpgsqlDbType.TimestampTz);

    public static NpgsqlParameter Texts(IEnumerable<string> values) =>
        new NpgsqlParameter<string[]> { TypedValue = [.. values], NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Varchar };

    /// <summary>The id of a document: Guid or string.</summary>
    public static NpgsqlParameter Id(object id) => id switch
    {
        Guid guid => Uuid(guid),
        string text => Text(text),
        _ => throw new ArgumentException($"An id is a Guid or a string, not {id.GetType()}.", nameof(id)),
    };

    /// <summary>A value that a caller passed for a <c>?</c>.</summary>
    public static NpgsqlParameter Of(object? value) => value switch
    {
        NpgsqlParameter parameter => parameter,
        null => new NpgsqlParameter { Value = DBNull.Value },
        DateTimeOffset time => Time(time),
        Guid guid => Uuid(guid),
        string text => new NpgsqlParameter<string> { TypedValue = text },
        byte[] bytes => new NpgsqlParameter<byte[]> { TypedValue = bytes },
        Enum name => Text(name.ToString()),
        _ => new NpgsqlParameter { Value = value },
    };

    private static NpgsqlParameter Null(NpgsqlDbType type) => new() { Value = DBNull.Value, NpgsqlDbType = type };
}
