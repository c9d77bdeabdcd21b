using System.Net;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.ServiceDefaults.Countries;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Tests.Countries;

public sealed class CountryFileTests : IDisposable
{
    private static readonly IPAddress s_address = IPAddress.Parse("198.51.100.7");
    private readonly string _path = Path.Combine(TemporaryFolder.Create("countries"), "networks.csv");
    private readonly List<CountryFile> _files = [];

    public void Dispose() => _files.ForEach(file => file.Dispose());

    [Fact]
    public void WithoutTheSetting_NothingIsKnown() => Assert.Null(File("").Current);

    [Theory]
    [InlineData(null)]
    [InlineData("198.51.100.0/24,SE\nnonsense\n")]
    public void AListThatCannotBeRead_StopsTheStart(string? text)
    {
        if (text is not null)
        {
            System.IO.File.WriteAllText(_path, text);
        }

        Assert.Contains(_path, Assert.Throws<InvalidOperationException>(() => File(_path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnotherList_TakesThePlaceOfTheFirst_AndReachesWhoeverDecides_UnlessItCannotBeRead()
    {
        System.IO.File.WriteAllText(_path, "198.51.100.0/24,SE\n");
        var file = File(_path);
        var snapshots = new ConfigurationSnapshots(TimeProvider.System, NullLogger<ConfigurationSnapshots>.Instance, file);
        snapshots.Apply(new ConfigFrame { Epoch = "e", Position = 1, Snapshot = true });
        var told = new List<string?>();
        snapshots.Changed += snapshot => told.Add(snapshot.Countries?.Of(s_address));
        Assert.Equal("SE", snapshots.Current.Countries?.Of(s_address));

        file.Look();
        Assert.Empty(told);

        System.IO.File.WriteAllText(_path, "198.51.100.0/25,NO\n");
        System.IO.File.SetLastWriteTimeUtc(_path, DateTime.UtcNow.AddMinutes(1));
        file.Look();
        Assert.Equal(["NO"], told);
        Assert.Equal("NO", snapshots.Current.Countries?.Of(s_address));

        System.IO.File.WriteAllText(_path, "half a li\nne");
        file.Look();
        System.IO.File.WriteAllText(_path, "");
        file.Look();
        System.IO.File.Delete(_path);
        file.Look();
        Assert.Equal("NO", snapshots.Current.Countries?.Of(s_address));
        Assert.Equal(["NO"], told);
    }

    [Fact]
    public void AListBehindALink_IsReadAgain_WhenTheLinkLeadsToAnother()
    {
        var folder = Path.GetDirectoryName(_path)!;
        foreach (var (name, country) in (IEnumerable<(string, string)>)[("one", "SE"), ("two", "NO")])
        {
            Directory.CreateDirectory(Path.Combine(folder, name));
            System.IO.File.WriteAllText(Path.Combine(folder, name, "networks.csv"), $"198.51.100.0/24,{country}\n");
            System.IO.File.SetLastWriteTimeUtc(Path.Combine(folder, name, "networks.csv"), DateTime.UnixEpoch.AddDays(name.Length + country[0]));
        }

        // As mounted volumes have it: the file is a link into a folder that is a link.
        Directory.CreateSymbolicLink(Path.Combine(folder, "data"), "one");
        System.IO.File.CreateSymbolicLink(_path, Path.Combine("data", "networks.csv"));
        var file = File(_path);
        Assert.Equal("SE", file.Current?.Of(s_address));
        Directory.Delete(Path.Combine(folder, "data"));
        Directory.CreateSymbolicLink(Path.Combine(folder, "data"), "two");
        file.Look();
        Assert.Equal("NO", file.Current?.Of(s_address));
    }

    [Fact]
    public async Task AnOlderConfiguration_IsNeverToldAfterANewerOne()
    {
        System.IO.File.WriteAllText(_path, "198.51.100.0/24,SE\n");
        var file = File(_path);
        var snapshots = new ConfigurationSnapshots(TimeProvider.System, NullLogger<ConfigurationSnapshots>.Instance, file);
        snapshots.Apply(new ConfigFrame { Epoch = "e", Position = 1, Snapshot = true });
        var told = new List<long>();
        Task? newer = null;
        snapshots.Changed += snapshot =>
        {
            if (newer is null)
            {
                // The feed brings the next one while this one is told: it may not be told before.
                newer = Task.Run(() => snapshots.Apply(new ConfigFrame { Epoch = "e", Position = 2, Snapshot = true }));
                newer.Wait(TimeSpan.FromMilliseconds(300));
            }

            told.Add(snapshot.Position);
        };
        System.IO.File.WriteAllText(_path, "198.51.100.0/25,NO\n");
        System.IO.File.SetLastWriteTimeUtc(_path, DateTime.UtcNow.AddMinutes(1));
        file.Look();
        await newer!;
        Assert.Equal([1, 2], told);
        Assert.Equal("NO", snapshots.Current.Countries?.Of(s_address));
    }

    private CountryFile File(string path)
    {
        var file = new CountryFile(Options.Create(new CountryOptions { Networks = path }), TimeProvider.System, NullLogger<CountryFile>.Instance);
        _files.Add(file);
        return file;
    }
}
