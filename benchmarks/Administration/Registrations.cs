using Npgsql;

namespace ManagedOAuth.Benchmarks.Administration;

/// <summary>Clients that registered themselves, written as the authorization server keeps them.</summary>
internal static class Registrations
{
    /// <summary>Writes so many, one a second back from now, of which every tenth has a live grant.</summary>
    public static async Task WriteAsync(string database, string application, int count)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await ExecuteAsync(
            connection,
            """
            insert into authorization_server.mt_doc_registeredclient (id, data, mt_dotnet_type)
            select md5(n::text), jsonb_build_object(
              'id', md5(n::text), 'applicationId', $1, 'name', 'Client ' || n, 'redirectUris', jsonb_build_array('http://localhost:' || 20000 + n % 40000 || '/callback'), 'refusedRedirectUris', '[]'::jsonb,
              'grantTypes', '["authorization_code","refresh_token"]'::jsonb, 'responseTypes', '["code"]'::jsonb, 'scope', 'mcp',
              'issuedAt', to_char((now() - n * interval '1 second') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00', 'expiresAt', to_char((now() + interval '30 days') at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00'), 'x'
            from generate_series(1, $2) n
            """,
            application,
            count);
        await ExecuteAsync(
            connection,
            """
            insert into authorization_server.mt_doc_clientgrant (id, data, mt_dotnet_type)
            select gen_random_uuid(), jsonb_build_object('id', gen_random_uuid(), 'clientId', md5(n::text)), 'x' from generate_series(1, $1, 10) n
            """,
            count);
        await ExecuteAsync(connection, "analyze");
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params IReadOnlyList<object> values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }
}
