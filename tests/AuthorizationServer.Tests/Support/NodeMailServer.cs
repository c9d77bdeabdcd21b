using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using ManagedOAuth.Testing;

namespace ManagedOAuth.AuthorizationServer.Tests.Support;

/// <summary>npm's <c>smtp-server</c>: a mail server that nobody here wrote, with TLS and a login.</summary>
internal sealed class NodeMailServer : IAsyncDisposable
{
    public const string User = "mail-user";
    public const string Password = "pass word ü";

    private readonly Process _process;
    private readonly ConcurrentQueue<JsonElement> _events = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private NodeMailServer(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } json)
            {
                _events.Enqueue(JsonElement.Parse(json));
            }
        };
        _process.ErrorDataReceived += (_, line) => _errors.Enqueue(line.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Port { get; private set; }

    /// <summary>Logins that were tried.</summary>
    public IReadOnlyList<JsonElement> Logins => Of("login");

    /// <summary>Mails that came.</summary>
    public IReadOnlyList<JsonElement> Mails => Of("text");

    /// <param name="host">The name in its certificate.</param>
    /// <param name="isTrusted">Whether this process trusts the certificate's authority.</param>
    /// <param name="isTlsFromTheFirstByte">Else the server offers STARTTLS.</param>
    public static async Task<NodeMailServer> StartAsync(string host = "localhost", bool isTrusted = true, bool isTlsFromTheFirstByte = false)
    {
        Assert.True(File.Exists(RepositoryRoot.Of("tests/EndToEnd.Tests/node/node_modules/smtp-server/package.json")), "Run npm ci in tests/EndToEnd.Tests/node first.");
        var folder = TemporaryFolder.Create("mail");
        var (certificate, key) = TestAuthority.Issue(host, isTrusted);
        var (certificateFile, keyFile) = (Path.Combine(folder, "certificate.pem"), Path.Combine(folder, "key.pem"));
        await File.WriteAllTextAsync(certificateFile, certificate);
        await File.WriteAllTextAsync(keyFile, key);
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { RepositoryRoot.Of("tests/EndToEnd.Tests/node/mail.mjs"), keyFile, certificateFile, User, Password, isTlsFromTheFirstByte ? "tls" : "" })
        {
            start.ArgumentList.Add(argument);
        }

        var server = new NodeMailServer(start);
        await Eventually.Async(() =>
        {
            Assert.False(server._process.HasExited, string.Join('\n', server._errors));
            return server.Of("port").Count == 1;
        });
        server.Port = server.Of("port")[0].GetProperty("port").GetInt32();
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private List<JsonElement> Of(string member) => [.. _events.Where(entry => entry.TryGetProperty(member, out _))];
}
