using System.Net;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Config.Logs.Refusals;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.Extensions.DependencyInjection;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Logs;

/// <summary>What edges tell of refused requests, and what administrators find of it. A host of its own: one page is empty at first.</summary>
public sealed class RefusalTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Logs = Access + "/logs/refusals";

    [Fact]
    public async Task Refusal_IsFoundByTheIdThatTheUserReadsOut()
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"Refusing","domain":"refusing.test"}""");
        var told = Told(entry => (entry.ApplicationId, entry.PolicyId, entry.PolicyName, entry.Rule) = ((string)app["id"]!, Guid.NewGuid().ToString(), "Office", "default deny: no require rule matched"));
        await ReportAsync(told, Told());
        await ReportAsync(told);

        var shown = Assert.Single((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={told.FlowId}")).AsArray())!;
        Assert.Equal(("denied", "Refusing", "refusing.test", "alice@example.com", "Office"),
            ((string)shown["reason"]!, (string)shown["app_name"]!, (string)shown["app_domain"]!, (string)shown["user_email"]!, (string)shown["policy_name"]!));
        Assert.Contains("policies", (string)shown["explanation"]!, StringComparison.Ordinal);
        Assert.Equal((told.Rule, told.Address, "GET", told.GrantId), ((string)shown["rule"]!, (string)shown["ip_address"]!, (string)shown["method"]!, (string)shown["grant_id"]!));

        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        using var page = await browser.GetAsync($"/refusals?ray_id={told.FlowId}");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains(told.FlowId, browser.Page, StringComparison.Ordinal);
        Assert.Contains("default deny: no require rule matched", browser.Page, StringComparison.Ordinal);
        Assert.Contains($"/sign-ins?ray_id={told.FlowId}", browser.Page, StringComparison.Ordinal);
        using var none = await browser.GetAsync("/refusals?ray_id=0123");
        Assert.Contains("There are no refused requests like that.", browser.Page, StringComparison.Ordinal);
        using var wrong = await browser.GetAsync("/refusals?since=yesterday&email=%3Cb%3E");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("since is a time", browser.Page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", browser.Page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Filters_NarrowByEachQuestion_AndPagesFollow()
    {
        var address = $"198.51.100.{Random.Shared.Next(1, 255)}";
        var one = Told(entry => (entry.At, entry.Address, entry.Reason, entry.UserEmail) = (Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddSeconds(-1)), address, "revoked", "Bob@Example.com"));
        var two = Told(entry => (entry.Address, entry.Reason, entry.UserEmail, entry.UserId, entry.ServiceTokenId) = (address, "invalid", "", "", Guid.NewGuid().ToString()));
        await ReportAsync(one, two);
        foreach (var (question, found) in ((string, string)[])[
            ("reason=revoked", one.FlowId), ("email=bob@example.com", one.FlowId), ($"user_id={one.UserId}", one.FlowId), ($"grant_id={one.GrantId}", one.FlowId),
            ($"service_token_id={two.ServiceTokenId}", two.FlowId), ($"app_uid={two.ApplicationId}", two.FlowId), ("per_page=1&page=2", one.FlowId)])
        {
            Assert.Equal(found, (string)Assert.Single((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ip_address={address}&{question}")).AsArray())!["ray_id"]!);
        }

        var answer = await host.Api.Call("GET", $"{Logs}?ip_address={address}&per_page=1");
        Assert.Equal(2, (int)answer.Info["total_count"]!);
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ip_address={address}&since={Uri.EscapeDataString(DateTimeOffset.UtcNow.AddHours(1).ToString("O"))}")).AsArray());
        foreach (var wrong in (string[])["since=x", "reason=because", "per_page=0", "ray_id=%00", $"email={new string('x', 300)}"])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Logs}?{wrong}")).Status);
        }

        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={Uri.EscapeDataString("' or true --")}")).AsArray());
    }

    [Fact]
    public async Task Report_IsBounded_AndNothingOfItIsTakenAtItsWord()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => ReportAsync([.. Enumerable.Range(0, 501).Select(_ => Told())]));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        refused = await Assert.ThrowsAsync<RpcException>(async () => await Client.ReportAsync(new RefusalReport(), new Metadata { { ServiceCredential.Header, host.CredentialOf("token") } }));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);

        var tooLong = Told(entry => (entry.Rule, entry.At) = (new string('r', 5000) + "\n", Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddYears(1))));
        var (nameless, unknown) = (Told(entry => entry.Id = "x"), Told(entry => entry.Reason = "because"));
        await ReportAsync(tooLong, nameless, unknown);
        var shown = Assert.Single((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={tooLong.FlowId}")).AsArray())!;
        Assert.Equal(512, ((string)shown["rule"]!).Length);
        Assert.True((DateTimeOffset)shown["created_at"]! <= DateTimeOffset.UtcNow.AddMinutes(1));
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={nameless.FlowId}")).AsArray());
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={unknown.FlowId}")).AsArray());
    }

    [Fact]
    public async Task Refusals_ThatAreTooOld_AreForgotten()
    {
        var old = Told(entry => entry.At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow - RefusalSweep.Kept - TimeSpan.FromHours(1)));
        var young = Told();
        await ReportAsync(old, young);
        await host.Services.GetRequiredService<RefusalSweep>().RunAsync(default);
        Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={old.FlowId}")).AsArray());
        Assert.Single((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Logs}?ray_id={young.FlowId}")).AsArray());
    }

    private RefusalLog.RefusalLogClient Client => new(host.Grpc);

    private async Task ReportAsync(params Refusal[] entries)
        => await Client.ReportAsync(new RefusalReport { Entries = { entries } }, new Metadata { { ServiceCredential.Header, host.CredentialOf("edge") } });

    private static Refusal Told(Action<Refusal>? change = null)
    {
        var entry = new Refusal
        {
            Id = Guid.CreateVersion7().ToString(),
            At = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
            FlowId = Guid.NewGuid().ToString("N"),
            ApplicationId = Guid.NewGuid().ToString(),
            Reason = "denied",
            Credential = "browser_session",
            UserId = Guid.NewGuid().ToString(),
            UserEmail = "alice@example.com",
            GrantId = Guid.NewGuid().ToString(),
            Address = "203.0.113.7",
            Method = "GET",
        };
        change?.Invoke(entry);
        return entry;
    }
}
