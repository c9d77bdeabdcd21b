using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Pages;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.AuthorizationServer.Login.Provider;

/// <summary>
/// Tries of identity providers: the whole way of a login, with everything that is checked, up to the point where a session would begin. Nobody is
/// signed in, and what the provider gave is dropped.
/// </summary>
public sealed class ProviderTrials(ProviderLogins logins)
{
    /// <summary>Stands for the application, which a try has none of: it accepts the provider alone and admits nobody.</summary>
    public static Application ApplicationOf(ProviderTest test)
    {
        ArgumentNullException.ThrowIfNull(test);
        return new Application { Id = Guid.Empty, Aud = "", Name = "a test", Domain = "test.invalid", AllowedIdps = [test.ProviderId] };
    }

    /// <summary>Goes to the provider, or shows what came of it.</summary>
    public async Task<IResult> ShowAsync(LoginFlow flow, ProviderTest test)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(test);
        return !flow.Scope.Snapshot.IdentityProviders.TryGetValue(test.ProviderId, out var provider) ? ErrorPage.NoProvider()
            : test.Status == "succeeded" ? ProviderPages.Tried(provider.Name, test.Email, test.Claims, test.CanBeAskedAgain)
            : await logins.BeginAsync(flow, provider);
    }

    /// <summary>Ends a try with what the provider said.</summary>
    public static async Task<IResult> SucceedAsync(LoginFlow flow, ProviderAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(answer);
        await ReportAsync(flow, test => test with
        {
            Status = "succeeded", Explanation = "", Email = answer.Email, Claims = answer.Claims, CanBeAskedAgain = answer.Credential is not null,
        });
        return new SeeOther(flow.LoginPath);
    }

    /// <summary>Notes what came of a try; nothing where the login is a real one.</summary>
    public static async Task ReportAsync(LoginFlow flow, Func<ProviderTest, ProviderTest> report)
    {
        ArgumentNullException.ThrowIfNull(flow);
        ArgumentNullException.ThrowIfNull(report);
        if (flow.Transaction.Test is { } test)
        {
            await flow.Http.RequestServices.GetRequiredService<TransactionStore>().ReplaceAsync(
                flow.Stored, flow.Transaction with { Test = report(test) }, flow.Http.RequestAborted);
        }
    }
}
