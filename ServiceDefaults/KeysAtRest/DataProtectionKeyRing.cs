using System.Xml.Linq;
using ManagedOAuth.ServiceDefaults.Store;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>Data Protection's key ring in this service's schema, shared by its replicas. (The framework's interface is synchronous.)</summary>
internal sealed class DataProtectionKeyRing(NpgsqlDataSource database, ServiceName service, SecretBox box) : IXmlRepository
{
    private string Table => $"{service.Schema}.mo_data_protection_key";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        RequireOpen();
        using var connection = database.OpenConnection();
        using var command = new NpgsqlCommand($"select xml from {Table} order by created_at, name", connection);
        using var reader = command.ExecuteReader();
        var elements = new List<XElement>();
        while (reader.Read())
        {
            elements.Add(XElement.Parse(reader.GetString(0)));
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName)
    {
        RequireOpen();
        using var connection = database.OpenConnection();
        using var command = new NpgsqlCommand($"insert into {Table} (name, xml) values ($1, $2) on conflict (name) do nothing", connection)
        {
            Parameters = { new() { Value = friendlyName }, new() { Value = element.ToString(SaveOptions.DisableFormatting) } },
        };
        command.ExecuteNonQuery();
    }

    public Task EnsureTableAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ServiceSchema.ExecuteAsync(connection, $"""
            create table if not exists {Table} (
              name text primary key,
              xml text not null,
              created_at timestamptz not null default transaction_timestamp())
            """, cancellation);

    // An empty answer would make the framework believe that there is no key yet and make one.
    private void RequireOpen()
    {
        if (!box.IsOpen)
        {
            throw new KeysUnavailableException();
        }
    }
}
