using System.Net;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>
/// Sends a request again as long as the answer is 503, as a client does that is told to come back in a moment: on a machine that is slow enough, every
/// deadline inside the product passes now and then, and it says so. After a minute the answer stands.
/// </summary>
internal sealed class PatientHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>How long a client that uses it has to wait for an answer: the last request may begin when the minute is over.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var end = Environment.TickCount64 + (long)s_patience.TotalMilliseconds;
        while (true)
        {
            var answer = await base.SendAsync(request, cancellationToken);
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || Environment.TickCount64 > end)
            {
                return answer;
            }

            answer.Dispose();
            await Task.Delay(s_pause, cancellationToken);
        }
    }
}
