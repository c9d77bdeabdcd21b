namespace ManagedOAuth.Testing;

/// <summary>Ports for servers that a test starts.</summary>
public static class FreePort
{
    /// <summary>A port on which nothing listens, reserved for this test process.</summary>
    public static int Next() => Aspire.Hosting.Local.FreePort.Next();
}
