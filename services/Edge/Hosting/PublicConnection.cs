namespace ManagedOAuth.Edge.Hosting;

/// <summary>Marks connections of the public addresses: by the listening socket, never by what a request says.</summary>
internal sealed class PublicConnection
{
    public static readonly PublicConnection Instance = new();

    private PublicConnection()
    {
    }
}
