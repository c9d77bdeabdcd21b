using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Aspire.Hosting;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

public sealed partial class EnvironmentTests
{
    /// <summary>Every variable that the host adds to a service's environment, ports and passwords masked.</summary>
    private const string Golden = """
        ASPNETCORE_ENVIRONMENT=Development
        ConnectionStrings__main=Host=127.0.0.1;Port=#;Username=moauth;Password=#;Database=main
        ConnectionStrings__redis=127.0.0.1:#,password=#
        Kestrel__Endpoints__grpc__Protocols=Http2
        Kestrel__Endpoints__grpc__Url=http://127.0.0.1:#
        Kestrel__Endpoints__http__Url=http://127.0.0.1:#
        OTEL_RESOURCE_ATTRIBUTES=service.instance.id=service
        OTEL_SERVICE_NAME=service
        OTHER_URL=http://127.0.0.1:#
        PLAIN=value
        services__other__grpc__0=http://127.0.0.1:#
        services__other__grpc__1=http://127.0.0.1:#
        services__other__http__0=http://127.0.0.1:#
        services__other__http__1=http://127.0.0.1:#
        """;

    [Fact]
    public async Task Service_WithReferences_ReceivesExactlyTheGoldenVariables()
    {
        var builder = TestApplication.CreateBuilder();
        var database = builder.AddPostgres("postgres").AddDatabase("main");
        var redis = builder.AddRedis("redis");
        var other = builder.AddService("other").WithGrpcEndpoint().WithReplicas(2);
        builder.AddService("service").WithGrpcEndpoint().WithReference(database).WithReference(redis).WithReference(other)
            .WithEnvironment("PLAIN", "value").WithEnvironment("OTHER_URL", other.GetEndpoint("http")).WaitFor(database).WaitFor(redis);
        Environment.SetEnvironmentVariable("ConnectionStrings__of-the-host", "secret");
        await using var app = await builder.StartedAsync();
        await app.HealthyAsync("service");
        using var client = new HttpClient();

        var received = await client.GetFromJsonAsync<Dictionary<string, string>>(app.Snapshot("service").Endpoints["http"] + "/environment");

        var inherited = Environment.GetEnvironmentVariables();
        var added = received!.Where(variable => !variable.Value.Equals(inherited[variable.Key])).Select(variable => $"{variable.Key}={Mask(variable.Value)}").Order(StringComparer.Ordinal);
        Assert.Equal(Golden.Split('\n').Order(StringComparer.Ordinal), added);
        Assert.DoesNotContain("ConnectionStrings__of-the-host", received!.Keys);
    }

    private static string Mask(string value) => Secrets().Replace(value, "$1#");

    [GeneratedRegex(@"(127\.0\.0\.1:|Port=|[Pp]assword=)\w+")]
    private static partial Regex Secrets();
}
