using System.Net;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.Faults;

/// <summary>
/// A client that refreshes without end: with the last refresh token that was acknowledged to it, and with the same one again where no answer, or that of an
/// outage, came.
/// </summary>
internal sealed class RefreshFlight : IDisposable
{
    // Below the limit of refreshes of one source, with all flights together.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(50);

    private readonly CancellationTokenSource _end = new();
    private readonly Task _flying;
    private int _acknowledged;

    private RefreshFlight(OAuthClient client, string email, string refreshToken)
    {
        (Client, Email, RefreshToken) = (client, email, refreshToken);
        _flying = Task.Run(FlyAsync);
    }

    public OAuthClient Client { get; }

    public string Email { get; }

    /// <summary>The last one that came with an answer.</summary>
    public string RefreshToken { get; private set; }

    /// <summary>How many refreshes were answered with tokens.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>What ended it: an answer that is neither tokens nor an outage.</summary>
    public string? Refusal { get; private set; }

    public static async Task<RefreshFlight> StartAsync(LocalTopology topology, string email)
    {
        using var user = new ScriptedBrowser(email, topology.Mailbox);
        var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        return new RefreshFlight(client, email, (await client.LoginAsync(user)).RefreshToken);
    }

    /// <summary>Ends it after the refresh that is under way.</summary>
    public async Task LandAsync()
    {
        await _end.CancelAsync();
        await _flying;
    }

    public void Dispose()
    {
        Client.Dispose();
        _end.Dispose();
    }

    private async Task FlyAsync()
    {
        while (!_end.IsCancellationRequested && Refusal is null)
        {
            try
            {
                var (status, body) = await Client.TryRefreshOnceAsync(RefreshToken);
                if (status == HttpStatusCode.OK)
                {
                    RefreshToken = body.GetProperty("refresh_token").GetString()!;
                    Interlocked.Increment(ref _acknowledged);
                }
                else if (status is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.BadGateway or HttpStatusCode.TooManyRequests))
                {
                    Refusal = $"{status} {body}";
                }
            }
            catch (Exception outage) when (outage is HttpRequestException or TaskCanceledException)
            {
                // The answer was lost; the next attempt asks with the same token.
            }

            await Task.Delay(s_pace, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
