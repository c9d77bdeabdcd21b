using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Processes;

namespace Aspire.Hosting.Local;

/// <summary>
/// Ports for private servers. They lie below the range that the kernel hands to outgoing connections, so that a server which restarts finds its
/// port still free; and each stays reserved for the life of this process, so that processes which start together do not pick the same one.
/// </summary>
public static class FreePort
{
    private const int First = 20000;
    private const int Count = 12000;
    private static readonly string s_reservations = Path.Combine(Path.GetTempPath(), "managedoauth-ports-" + Native.UserId);
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<int, FileStream?> s_held = [];

    /// <summary>A port that nothing listens on and that this method has given to nobody else.</summary>
    /// <exception cref="InvalidOperationException">None found.</exception>
    public static int Next()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = First + Random.Shared.Next(Count);
            if (TryReserve(port) && IsFree(port))
            {
                return port;
            }
        }
        throw new InvalidOperationException($"No free port found between {First} and {First + Count}.");
    }

    /// <summary>Never gives out these ports: they have been promised to somebody who is not listening yet.</summary>
    public static void Avoid(int first, int count)
    {
        lock (s_gate)
        {
            for (var port = first; port < first + count; port++)
            {
                s_held.TryAdd(port, null);
            }
        }
    }

    /// <summary>True when a server could listen on this port of both loopback addresses now.</summary>
    public static bool IsFree(int port) => CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    private static bool CanListen(IPAddress address, int port)
    {
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(address, port));
            socket.Listen(1);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.AddressNotAvailable; // no IPv6 loopback here: then it is not taken either
        }
    }

    private static bool TryReserve(int port)
    {
        lock (s_gate)
        {
            if (s_held.ContainsKey(port))
            {
                return false;
            }
            FileStream? file = null;
            try
            {
                Directory.CreateDirectory(s_reservations);
                file = new FileStream(Path.Combine(s_reservations, port.ToString(System.Globalization.CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Directory.Exists(s_reservations))
            {
                return false; // another process holds it
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // No place for reservations: the check of the port itself must do.
            }
            s_held.Add(port, file);
            return true;
        }
    }
}
