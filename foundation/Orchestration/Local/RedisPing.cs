using System.Net.Sockets;
using System.Text;

namespace Aspire.Hosting.Local;

/// <summary>The smallest possible Redis client: is a server there that takes this password?</summary>
internal static class RedisPing
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);

    public static async Task<bool> AnswersAsync(string host, int port, string? password, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(s_limit);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(host, port, limit.Token).ConfigureAwait(false);
            var stream = client.GetStream();
            var expected = password is null ? "+PONG\r\n" : "+OK\r\n+PONG\r\n";
            var request = (password is null ? "" : Command("AUTH", password)) + Command("PING");
            await stream.WriteAsync(Encoding.UTF8.GetBytes(request), limit.Token).ConfigureAwait(false);
            var answer = new byte[expected.Length];
            var read = await stream.ReadAtLeastAsync(answer, answer.Length, throwOnEndOfStream: false, limit.Token).ConfigureAwait(false);
            return Encoding.ASCII.GetString(answer, 0, read) == expected;
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    private static string Command(params string[] words) =>
        $"*{words.Length}\r\n" + string.Concat(words.Select(word => $"${Encoding.UTF8.GetByteCount(word)}\r\n{word}\r\n"));
}
