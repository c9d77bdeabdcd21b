using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.Mail;
using ManagedOAuth.AppHost.Topology;

namespace ManagedOAuth.AppHost.Tests;

public sealed partial class TopologyTests
{
    [Fact]
    public async Task Services_ReceiveExactlyTheGoldenVariables()
    {
        var actual = string.Join('\n', Variables("--replicas", "token=2").Select(line => Masks().Replace(line, "$1#")));

        await File.WriteAllTextAsync(Path.Combine(AppContext.BaseDirectory, "variables.actual.txt"), actual + "\n"); // to compare, and to take over after a wanted change
        Assert.Equal((await GoldenAsync()).TrimEnd(), actual);
    }

    [Fact]
    public void Samples_ReceiveNothingThatIsOurs()
    {
        string[] ours = ["ConnectionStrings__", "services__", "Outbound__", "ServiceIdentity__", "KeysAtRest__", "Config__", "Smtp__", "Edge__"];
        var samples = Variables().Where(line => line.StartsWith("orders-api ", StringComparison.Ordinal) || line.StartsWith("mcp-server ", StringComparison.Ordinal) || line.StartsWith("notes-server ", StringComparison.Ordinal)).ToList();

        Assert.NotEmpty(samples);
        Assert.DoesNotContain(samples, line => ours.Any(prefix => line.Contains(' ' + prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public void Secrets_AreInFilesThatOnlyTheOwnerReads()
    {
        using var state = LocalState.Open(new AppHostOptions { Ephemeral = true });
        Build(new AppHostOptions(), state);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(state.Keys));
        var secrets = Directory.GetFiles(state.Keys).Append(state.AdminTokenFile).ToList();
        Assert.Equal(6, secrets.Count); // four identities, the master key, the admin token
        Assert.All(secrets, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
        Assert.Equal(32, Convert.FromBase64String(File.ReadAllText(Path.Combine(state.Keys, "master.key"))).Length);
        Assert.Equal(["authorization-server.pub.pem", "config.pub.pem", "edge.pub.pem", "token.pub.pem"], Directory.GetFiles(Path.Combine(state.Keys, "trusted")).Select(Path.GetFileName).Order());
        Assert.Matches("^mo_api_[0-9a-f]{64}$", state.AdminToken());
    }

    private static List<string> Variables(params string[] args)
    {
        Assert.True(AppHostOptions.TryParse(args, out var options, out _));
        using var state = LocalState.Open(options with { Ephemeral = true });
        var builder = Build(options, state);
        var lines = new List<string>();
        foreach (var resource in builder.Resources)
        {
            var replicas = resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                endpoint.Allocate(resource, replicas);
            }
        }
        foreach (var resource in builder.Resources.OfType<ProjectResource>())
        {
            var variables = ProjectResourceBuilderExtensions.VariablesOf(new ResourceReplica(resource, 0));
            lines.AddRange(variables.OrderBy(variable => variable.Key, StringComparer.Ordinal).Select(variable => $"{resource.Name} {variable.Key}={variable.Value?.Replace(state.Directory, "@LOCAL@", StringComparison.Ordinal)}"));
        }
        return lines;
    }

    private static IDistributedApplicationBuilder Build(AppHostOptions options, LocalState state)
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { ProjectDirectory = AppHostFolder() });
        builder.Services.AddMailbox();
        builder.AddManagedOAuth(options, state);
        builder.Resources.OfType<PostgresServerResource>().Single().ConnectionString = () => "Host=127.0.0.1;Port=1;Username=moauth;Password=p;Database=postgres";
        builder.Resources.OfType<RedisResource>().Single().ConnectionString = () => "127.0.0.1:1,password=p";
        return builder;
    }

    internal static string AppHostFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "ManagedOAuth.sln")))
        {
            folder = folder.Parent!;
        }
        return Path.Combine(folder.FullName, "AppHost");
    }

    private static async Task<string> GoldenAsync()
    {
        await using var stream = typeof(TopologyTests).Assembly.GetManifestResourceStream("variables.golden.txt")!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    [GeneratedRegex(@"(127\.0\.0\.1:|Port=|Smtp__Port=|[Pp]assword=)\w+")]
    private static partial Regex Masks();
}
