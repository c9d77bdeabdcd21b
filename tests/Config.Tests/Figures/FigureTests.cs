using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.EdgeFigures;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Figures;

/// <summary>What the edges counted, minute by minute. A host of its own: its figures are nobody else's.</summary>
public sealed class FigureTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    [Fact]
    public async Task Reports_AddUpOverEdges_AndARepeatedOneCountsOnce()
    {
        var application = Guid.NewGuid();
        var minute = (DateTimeOffset.UtcNow.ToUnixTimeSeconds() / 60) - 3;
        await ReportAsync("one", minute, (application.ToString(), 1, 1, 0), ("", 7, 0, 0));
        await ReportAsync("one", minute, (application.ToString(), 5, 2, 1), ("", 7, 0, 0));
        await ReportAsync("two", minute, (application.ToString(), 10, 0, 0));

        // Long ago, and from a clock that runs ahead: neither is a figure of the last hour.
        await ReportAsync("two", minute - 1000, (application.ToString(), 100, 0, 0));
        await ReportAsync("two", minute + 1000, (application.ToString(), 100, 0, 0));

        var answer = await host.Api.Call("GET", $"{Access}/figures");
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var minutes = answer.Result!["minutes"]!.AsArray();
        Assert.Equal(60, minutes.Count);
        Assert.Equal(22, minutes.Sum(node => (long)node!["allowed"]!));
        Assert.Equal(2, minutes.Sum(node => (long)node!["challenged"]!));
        Assert.Equal(1, minutes.Sum(node => (long)node!["refused"]!));
        var busiest = (JsonObject)answer.Result["applications"]!.AsArray()[0]!;
        Assert.Equal((application.ToString(), 15L), ((string?)busiest["id"], (long)busiest["allowed"]!));
    }

    [Fact]
    public async Task OnlyEdgesReport_AndNeverTooMuch()
    {
        var client = new EdgeFigures.EdgeFiguresClient(host.Grpc);
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.ReportAsync(new FiguresReport { Edge = "x" }, Headers("token")));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        var large = new FiguresReport { Edge = "x" };
        large.Minutes.AddRange(Enumerable.Range(0, 11).Select(minute => new MinuteFigures { Minute = minute }));
        refused = await Assert.ThrowsAsync<RpcException>(async () => await client.ReportAsync(large, Headers("edge")));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    private async Task ReportAsync(string edge, long minute, params (string Application, long Allowed, long Challenged, long Refused)[] counts)
    {
        var told = new MinuteFigures { Minute = minute };
        told.Applications.AddRange(counts.Select(count => new ApplicationFigures { ApplicationId = count.Application, Allowed = count.Allowed, Challenged = count.Challenged, Refused = count.Refused }));
        await new EdgeFigures.EdgeFiguresClient(host.Grpc).ReportAsync(new FiguresReport { Edge = edge, Minutes = { told } }, Headers("edge"));
    }

    private Metadata Headers(string service) => new() { { ServiceCredential.Header, host.CredentialOf(service) } };
}
