using System.Globalization;

namespace ManagedOAuth.AppHost;

/// <summary>The command line.</summary>
public sealed record AppHostOptions
{
    /// <summary>Services that may have several replicas.</summary>
    private static readonly string[] s_services = ["config", "authorization-server", "token", "edge"];

    /// <summary>What <c>--help</c> says.</summary>
    public const string Usage = """
        dotnet run --project AppHost -- [options]

          --no-seed                   start with an empty configuration (an admin token is still made)
          --ephemeral                 keep all data in a temporary folder that is removed at the end
          --data FOLDER               keep all data in this folder instead of .local
          --port-base N               public addresses from port N on (default 8700); N+10 to N+12 are the samples' own
          --replicas NAME=N[,...]     several replicas: config, authorization-server, token, edge
          --help                      this text

        ConnectionStrings__managedoauth and ConnectionStrings__redis in the environment name servers to use instead of local ones.
        """;

    /// <summary>Seed an empty configuration?</summary>
    public bool Seed { get; init; } = true;

    /// <summary>Data in a temporary folder?</summary>
    public bool Ephemeral { get; init; }

    /// <summary>The folder for the data; null = <c>.local</c> beside the solution.</summary>
    public string? Data { get; init; }

    /// <summary>The public ports.</summary>
    public LocalPorts Ports { get; init; } = new(8700);

    /// <summary>Replicas by service; one where nothing is said.</summary>
    public IReadOnlyDictionary<string, int> Replicas { get; init; } = new Dictionary<string, int>();

    /// <summary>Replicas of one service.</summary>
    public int ReplicasOf(string service) => Replicas.GetValueOrDefault(service, 1);

    /// <summary>Reads the command line; false with a message (or <see cref="Usage"/>) when it cannot be followed.</summary>
    public static bool TryParse(string[] args, out AppHostOptions options, out string message)
    {
        options = new AppHostOptions();
        message = "";
        for (var i = 0; i < args.Length; i++)
        {
            var (name, given) = args[i].Split('=', 2) is [var before, var after] ? (before, after) : (args[i], null);
            string? Value() => given ?? (i + 1 < args.Length ? args[++i] : null);
            switch (name)
            {
                case "--no-seed":
                    options = options with { Seed = false };
                    break;
                case "--ephemeral":
                    options = options with { Ephemeral = true };
                    break;
                case "--data":
                    if (Value() is not { Length: > 0 } folder)
                    {
                        message = "--data takes a folder.";
                        return false;
                    }
                    options = options with { Data = Path.GetFullPath(folder) };
                    break;
                case "--port-base":
                    if (!int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var first) || first is < 1024 or > 65500)
                    {
                        message = "--port-base takes a port from 1024 to 65500.";
                        return false;
                    }
                    options = options with { Ports = new LocalPorts(first) };
                    break;
                case "--replicas":
                    if (ParseReplicas(Value() ?? "") is not { } replicas)
                    {
                        message = $"--replicas takes NAME=N[,NAME=N], N from 1 to 16, NAME one of: {string.Join(", ", s_services)}.";
                        return false;
                    }
                    options = options with { Replicas = replicas };
                    break;
                default:
                    message = name is "--help" or "-h" ? Usage : $"Unknown option '{args[i]}'.{Environment.NewLine}{Environment.NewLine}{Usage}";
                    return false;
            }
        }
        return true;
    }

    private static Dictionary<string, int>? ParseReplicas(string text)
    {
        var replicas = new Dictionary<string, int>();
        foreach (var part in text.Split(','))
        {
            if (part.Split('=') is not [var name, var count] || !s_services.Contains(name) || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                || n is < 1 or > 16 || !replicas.TryAdd(name, n))
            {
                return null;
            }
        }
        return replicas;
    }
}

/// <summary>The fixed ports, counted from one number.</summary>
/// <param name="Base">Port of the first address.</param>
public sealed record LocalPorts(int Base)
{
    /// <summary>Application <c>Orders API</c>, Managed OAuth on.</summary>
    public int Orders => Base;

    /// <summary>The MCP server portal, Managed OAuth on.</summary>
    public int Mcp => Base + 1;

    /// <summary>Team domain.</summary>
    public int Team => Base + 2;

    /// <summary>Dashboard and admin API.</summary>
    public int Dashboard => Base + 3;

    /// <summary>Application with Managed OAuth off.</summary>
    public int BrowserOnly => Base + 4;

    /// <summary>Local console and mailbox.</summary>
    public int Console => Base + 5;

    /// <summary>The orders sample itself, behind the proxy.</summary>
    public int OrdersOrigin => Base + 10;

    /// <summary>The sample MCP server, behind the portal.</summary>
    public int McpOrigin => Base + 11;

    /// <summary>The notes sample itself, with a login of its own, behind the proxy.</summary>
    public int NotesOrigin => Base + 12;

    /// <summary>Keeps these ports from being given to private servers.</summary>
    public void Reserve() => Aspire.Hosting.Local.FreePort.Avoid(Base, NotesOrigin - Base + 1);

    /// <summary>The public URL of a port.</summary>
    public static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
}
