using ManagedOAuth.AuthorizationServer.Pin;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.ServiceDefaults.HotStore;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

/// <summary>A login has ten minutes: afterwards its pages, its PIN and its consent are gone, whatever the store still holds.</summary>
[Collection(ServiceTests.Name)]
public sealed class ExpiryTests(Service service) : IDisposable
{
    private readonly Browser _browser = new(service);
    private readonly string _email = $"fay-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task Transaction_EndsAfterTenMinutes()
    {
        var clock = new Clock();
        var store = new TransactionStore(service.Services.GetRequiredService<IHotStore>(), clock);
        var begun = await store.BeginAsync(
            (id, end) => new Transaction { Id = id, ApplicationId = Service.Orders.Id, FlowId = "flow", ExpiresAt = end }, default);
        clock.Now += TransactionStore.Life - TimeSpan.FromSeconds(1);
        Assert.NotNull(await store.FindAsync(begun.Value.Id, default));
        clock.Now += TimeSpan.FromSeconds(1);
        Assert.Null(await store.FindAsync(begun.Value.Id, default));
        Assert.Equal(TimeSpan.FromMinutes(10), TransactionStore.Life);
    }

    [Fact]
    public async Task Transaction_LastsTenMinutesFromTheLastPin()
    {
        var clock = new Clock();
        var store = new TransactionStore(service.Services.GetRequiredService<IHotStore>(), clock);
        var begun = await store.BeginAsync(
            (id, end) => new Transaction { Id = id, ApplicationId = Service.Orders.Id, FlowId = "flow", ExpiresAt = end }, default);
        clock.Now += TransactionStore.Life - TimeSpan.FromSeconds(1);
        var renewed = await store.RenewAsync(begun, begun.Value with { PinsAsked = 1 }, default);
        Assert.Equal((1, clock.Now + TransactionStore.Life), (renewed!.Value.PinsAsked, renewed.Value.ExpiresAt));
        clock.Now += TransactionStore.Life - TimeSpan.FromSeconds(1);
        Assert.NotNull(await store.FindAsync(begun.Value.Id, default));
    }

    [Fact]
    public async Task Pin_AfterItsEnd_IsNoneEvenWhenRight()
    {
        var page = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(), ("email", _email)));
        var pin = await service.Mail.PinAsync(_email);
        await ExpireAsync(page);

        var late = await _browser.SubmitAsync(page, ("pin", pin));
        Assert.Equal(400, late.Status);
        Assert.Contains("start again", late.Body);
        Assert.DoesNotContain("localhost|CF_TeamSession_8702", _browser.Cookies.Keys);
    }

    [Fact]
    public async Task Pin_OfAnEarlierLogin_IsNoneInTheNext()
    {
        var page = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(), ("email", _email)));
        var pin = await service.Mail.PinAsync(_email);
        await ExpireAsync(page);
        var next = await _browser.FollowAsync(await _browser.SubmitAsync(await OpenAsync(), ("email", _email)));
        var newer = await service.Mail.PinAsync(_email, 2);
        Assert.Equal(pin == newer ? 303 : 400, (await _browser.SubmitAsync(next, ("pin", pin))).Status);
    }

    [Fact]
    public async Task Consent_AfterItsEnd_GivesNoCode()
    {
        var client = await _browser.RegisterAsync();
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(await OpenAsync(client), _email));
        Assert.Contains("Allow access?", consent.Body);
        await ExpireAsync(consent);

        Assert.Equal(400, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        Assert.DoesNotContain(service.Peers.Codes.Codes, code => code.ClientId == client);
    }

    [Fact]
    public void PinMail_TellsHowLongItIsValid()
    {
        var now = DateTimeOffset.UnixEpoch;
        Assert.Contains("valid for 4 minutes", PinMail.For(_email, "123456", "App", now, now.AddMinutes(4)).Text, StringComparison.Ordinal);
    }

    public void Dispose() => _browser.Dispose();

    private async Task<Answer> OpenAsync(string? client = null)
        => await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client ?? await _browser.RegisterAsync())));

    // As it stands in the store when its end has passed and the store has not noticed.
    private async Task ExpireAsync(Answer page)
    {
        var store = service.Services.GetRequiredService<TransactionStore>();
        var stored = await store.FindAsync(new Uri(page.Url).Segments[^1], default);
        Assert.NotNull(await store.ReplaceAsync(stored!, stored!.Value with { ExpiresAt = DateTimeOffset.UtcNow.AddSeconds(-1) }, default));
    }

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
