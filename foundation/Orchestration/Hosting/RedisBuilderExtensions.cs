using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;
using Aspire.Hosting.Provisioning;

namespace Aspire.Hosting;

/// <summary>Redis servers.</summary>
public static class RedisBuilderExtensions
{
    /// <summary>Adds a server: the one whose connection string the configuration gives under its name, else a local one, else a container, else a freshly installed one.</summary>
    public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name)
    {
        var redis = builder.AddResource(new RedisResource(name));
        ServerProvisioning.AddTo(redis, ServerKind.Redis, () => redis.Resource.DataDirectory, () => [name], connectionString => redis.Resource.ConnectionString = connectionString);
        redis.WithAnnotation(new ServerAddressAnnotation(() => redis.Resource.ConnectionString is null ? null : AddressOf(redis.Resource.GetConnectionString())));
        return redis.WithAnnotation(new HealthCheckAnnotation(name + "_check", async (_, ct) =>
        {
            var (host, port, password) = Parse(redis.Resource.GetConnectionString());
            return await RedisPing.AnswersAsync(host, port, password, ct).ConfigureAwait(false) ? null : "no answer to PING";
        }));
    }

    /// <summary>Keeps the server's folder here. Nothing but its password and configuration is kept between runs.</summary>
    public static IResourceBuilder<RedisResource> WithDataBindMount(this IResourceBuilder<RedisResource> builder, string source)
    {
        builder.Resource.DataDirectory = source;
        return builder;
    }

    private static string AddressOf(string connectionString)
    {
        var (host, port, _) = Parse(connectionString);
        return string.Create(CultureInfo.InvariantCulture, $"tcp://{host}:{port}");
    }

    /// <summary>First address and password of a connection string as StackExchange.Redis writes it. Servers behind TLS answer no plain PING: give such one to services directly.</summary>
    internal static (string Host, int Port, string? Password) Parse(string connectionString)
    {
        var parts = connectionString.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var address = parts.First(part => !part.Contains('='));
        var colon = address.LastIndexOf(':');
        var password = parts.FirstOrDefault(part => part.StartsWith("password=", StringComparison.OrdinalIgnoreCase))?["password=".Length..];
        return colon < 0 ? (address, 6379, password) : (address[..colon], int.Parse(address[(colon + 1)..], CultureInfo.InvariantCulture), password);
    }
}
