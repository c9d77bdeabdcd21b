using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

/// <summary>What a removed identity provider leaves of the sessions that began by it.</summary>
[Collection(ServiceTests.Name)]
public sealed class ProviderRemovedTests(Service service)
{
    private readonly IdentityProvider _removed = new() { Id = Guid.NewGuid(), Name = "Removed", Type = "oidc" };

    [Fact]
    public async Task Sessions_OfItsUsersEnd_AndOthersStay()
    {
        var (gone, stays) = (await BeginAsync(_removed), await BeginAsync(Service.Pin));
        await InvokeAsync(new ProviderRemoved(_removed.Id, 1));
        Assert.Equal((false, true), (await IsOpenAsync(gone), await IsOpenAsync(stays)));
    }

    [Fact]
    public async Task Removal_ToldLate_LeavesSessionsOfLaterLoginsAlone()
    {
        var session = await BeginAsync(_removed);
        await InvokeAsync(new ProviderRemoved(_removed.Id, 1, DateTimeOffset.UtcNow.AddHours(-1)));
        Assert.True(await IsOpenAsync(session));
    }

    [Fact]
    public async Task Session_BegunAfterTheProviderWasRestored_IsLeftAlone()
    {
        var session = await BeginAsync(_removed);
        await InvokeAsync(new EndProviderSessions(_removed.Id, DateTimeOffset.UtcNow.AddMinutes(-1)));
        Assert.True(await IsOpenAsync(session));
        await InvokeAsync(new EndProviderSessions(_removed.Id, DateTimeOffset.UtcNow.AddMinutes(1)));
        Assert.False(await IsOpenAsync(session));
    }

    private TeamSessions Sessions => service.Services.GetRequiredService<TeamSessions>();

    private async Task<string> BeginAsync(IdentityProvider provider) => (await Sessions.BeginAsync(
        new NewLogin(Guid.NewGuid(), $"removed-{Guid.NewGuid():N}@example.com", provider, Service.Orders.Id, "203.0.113.95", "flow"), Service.Organization, null, default)).Cookie;

    private async Task<bool> IsOpenAsync(string cookie) => await Sessions.FindAsync(cookie, Service.Organization, default) is not null;

    private async Task InvokeAsync(object message)
    {
        await using var scope = service.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(message);
    }
}
