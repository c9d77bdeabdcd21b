using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.EventStore;

public sealed class LayeringTests
{
    [Fact]
    public void Services_KnowTheDatabaseByTheStoreAlone() => Assert.DoesNotContain(
        Directory.EnumerateFiles(RepositoryRoot.Of("services"), "*.cs", SearchOption.AllDirectories),
        file => !file.Contains("/obj/", StringComparison.Ordinal) && File.ReadAllText(file).Contains("Npgsql", StringComparison.Ordinal));
}
