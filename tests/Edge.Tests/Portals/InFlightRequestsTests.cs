using ManagedOAuth.Edge.Portals.Endpoint;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>Requests that are asked again after a change of the configuration.</summary>
public sealed class InFlightRequestsTests
{
    [Fact]
    public void RequestThatCannotBeAskedAbout_IsEnded_AndKeepsNoOther()
    {
        var requests = new InFlightRequests(NullLogger<InFlightRequests>.Instance);
        using var broken = requests.Add("a", "1", static () => throw new ObjectDisposedException("gone"), default)!;
        using var denied = requests.Add("a", "2", static () => false, default)!;
        using var allowed = requests.Add("a", "3", static () => true, default)!;
        requests.Sweep();
        Assert.Equal((true, true, false), (broken.IsDenied, denied.IsDenied, allowed.IsDenied));
        Assert.Equal((true, true, false), (broken.Token.IsCancellationRequested, denied.Token.IsCancellationRequested, allowed.Token.IsCancellationRequested));
    }
}
