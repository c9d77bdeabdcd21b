using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ManagedOAuth.Edge.Hosting;

/// <summary>
/// The sockets of the public addresses: replicas of the edge listen on the same ones (SO_REUSEPORT) and the kernel spreads connections
/// over them. All other sockets (the private endpoint) stay exclusive.
/// </summary>
internal static class PublicSockets
{
    private const int SocketLevel = 1; // SOL_SOCKET on Linux
    private const int ReusePort = 15; // SO_REUSEPORT on Linux

    public static Socket Bind(EndPoint endPoint, IReadOnlySet<IPEndPoint> shared)
    {
        if (endPoint is not IPEndPoint address || !shared.Contains(address) || !OperatingSystem.IsLinux())
        {
            return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        }

        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.SetRawSocketOption(SocketLevel, ReusePort, BitConverter.GetBytes(1));

            // Accepted connections inherit these: a peer that vanished without a word is noticed under a silent stream.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 60);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 4);
            socket.Bind(address);
            return socket;
        }
        catch
        {
            // Whatever the reason, the handle must not stay open.
            socket.Dispose();
            throw;
        }
    }
}
