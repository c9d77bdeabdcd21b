using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Aspire.Hosting.Local;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Provisioning;

/// <summary>
/// A server in a container, run in the foreground: the engine's client passes our signals on, so the container ends with its client, and its
/// client with us. What a killed engine left is removed by name before the start.
/// </summary>
internal sealed class ContainerServer : ILocalServer
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromMinutes(5); // the image may have to be fetched
    private readonly ContainerImage _image;
    private readonly LocalServerOptions _options;
    private readonly ServerDirectory _directory;
    private readonly string _engine;
    private readonly string _name;
    private readonly string _password;
    private readonly RecentLines _log = new(40);
    private readonly int _port;
    private ChildProcess? _process;

    public ContainerServer(ContainerImage image, LocalServerOptions options, string engine = "docker")
    {
        (_image, _options, _engine) = (image, options, engine);
        _directory = ServerDirectory.Open(options.Directory, user: null);
        _password = _directory.Password();
        _port = options.Port ?? FreePort.Next();
        _name = $"managedoauth-{image.Kind}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(_directory.Path)))[..12]}";
    }

    public string ConnectionString => _image.ConnectionString(_port, _password);

    public int? ProcessId => _process?.Id;

    public long? ProcessStartTime => _process?.StartTime;

    public Task<int> Exited => _process?.Exited ?? Task.FromResult(0);

    public async Task StartAsync(CancellationToken ct = default)
    {
        await Command.RunAsync(TimeSpan.FromSeconds(30), _engine, "rm", "-f", _name).ConfigureAwait(false);
        _log.Clear();
        _directory.WriteSecret("container.env", _image.EnvironmentFile(_password));
        _process = await ChildProcess.StartAsync(new ChildProcessOptions
        {
            FileName = _engine,
            Arguments = ["run", "--rm", "-i", "--name", _name, "--env-file", _directory.PathOf("container.env"),
                "-p", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}:{_image.Port}"), .. _image.Arguments(_directory.PathOf("container-data"), _options.MaxConnections)],
            Input = _image.Input(_password),
            ParentDeathSignal = _image.StopSignal,
            OnLine = (line, _) => { _log.Add(line); _options.OnLine(line); },
        }).ConfigureAwait(false);
        var deadline = Environment.TickCount64 + (long)s_startLimit.TotalMilliseconds;
        while (!await _image.AnswersAsync(_port, _password, ct).ConfigureAwait(false))
        {
            if (Exited.IsCompleted || Environment.TickCount64 > deadline)
            {
                await StopAsync().ConfigureAwait(false);
                throw new InvalidOperationException($"The container {_name} did not start:{Environment.NewLine}{_log}");
            }
            await Task.WhenAny(Exited, Task.Delay(100, ct)).ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
        }
    }

    public async Task StopAsync()
    {
        if (_process is { } process)
        {
            await process.StopAsync(_image.StopSignal, TimeSpan.FromSeconds(20)).ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _directory.Dispose();
        if (_options.Temporary)
        {
            _directory.Delete();
        }
    }
}
