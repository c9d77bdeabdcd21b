using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.AuthorizationServer.Admission;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.Mail;
using ManagedOAuth.AuthorizationServer.Transactions;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Pin;

/// <summary>
/// Login by a PIN that is mailed. Whatever the address, the same steps are taken, the same page comes, and the mail leaves in the background:
/// neither the answer nor its time tells whether somebody may come in.
/// </summary>
public sealed class PinLogin(
    TransactionStore transactions, IHotStore store, RateLimiter limiter, MailQueue mails, AccessLog log, TimeProvider clock, IOptions<PinOptions> options)
{
    /// <summary>PINs in one transaction.</summary>
    public const int MaximumPins = 5;

    /// <summary>Attempts at one PIN.</summary>
    public const int MaximumAttempts = 5;

    private static readonly TimeSpan s_wrongWindow = TimeSpan.FromHours(1);
    private readonly PinOptions _options = options.Value;

    /// <summary>Makes a PIN, which replaces the one before, and mails it if a policy could admit the address.</summary>
    public async Task<PinAsked> AskAsync(
        StoredTransaction current, string flowCookie, string email, IdentityProvider provider, Application application, ConfigurationSnapshot snapshot, IPAddress source, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(current);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(provider);
        var number = current.Value.PinsAsked + 1;
        if (number > MaximumPins || !await IsWithinLimitsAsync(email, source, cancellation))
        {
            Instruments.Pin("limited");
            return PinAsked.TooMany;
        }

        var pin = PinCodes.New();
        var challenge = new PinChallenge(number, email, provider.Id, PinCodes.HashOf(pin, flowCookie, current.Value.Id, number, email));
        if (await transactions.RenewAsync(current, current.Value with { Pin = challenge, PinsAsked = number }, cancellation) is not { } renewed)
        {
            return PinAsked.Changed;
        }

        if (Admissions.CouldAdmit(snapshot, application, email, provider, clock.GetUtcNow(), source))
        {
            mails.Enqueue(PinMail.For(email, pin, application.Name, clock.GetUtcNow(), renewed.Value.ExpiresAt), current.Value.FlowId);
        }
        else
        {
            Instruments.Pin("withheld");
        }

        return PinAsked.Yes;
    }

    /// <summary>
    /// Checks a PIN; the right one is used up by it. Attempts are counted before the comparison, so that parallel guesses get no more of them.
    /// </summary>
    public async Task<(PinChecked Result, StoredTransaction? Transaction)> CheckAsync(
        StoredTransaction current, string flowCookie, string? typed, IPAddress source, Guid loginId, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(current);
        if (current.Value.Pin is not { } challenge || PinCodes.Read(typed) is not { } pin)
        {
            return (PinChecked.Wrong, null);
        }

        var attempts = await store.CountAsync($"pin-attempts:{current.Value.Id}:{challenge.Number}", TransactionStore.Life, cancellation);
        var ofLogin = await store.CountAsync($"pin-attempts:{current.Value.Id}", s_wrongWindow, cancellation);
        if (attempts.Count > MaximumAttempts || await HasTooManyWrongAsync(challenge.Email, source, ofLogin.Count, cancellation))
        {
            Instruments.Login("pin_locked");
            await FailedAsync("pin_locked");
            return (PinChecked.TooMany, null);
        }

        var hash = PinCodes.HashOf(pin, flowCookie, current.Value.Id, challenge.Number, challenge.Email);
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(hash), Encoding.ASCII.GetBytes(challenge.Hash)))
        {
            Instruments.Login("pin_wrong");
            var (ofAddress, ofSource) = WrongCounters(challenge.Email, source);
            await store.CountAsync(ofAddress, s_wrongWindow, cancellation);
            await store.CountAsync(ofSource, s_wrongWindow, cancellation);

            await FailedAsync("pin_wrong");
            return (PinChecked.Wrong, null);
        }

        var next = await transactions.ReplaceAsync(current, current.Value with { Pin = null, LoginId = loginId }, cancellation);
        return next is null ? (PinChecked.Changed, null) : (PinChecked.Right, next);

        Task FailedAsync(string reason) => log.FailedAsync(current.Value, (challenge.ProviderId, ProviderTypes.OneTimePin), challenge.Email, reason, source, cancellation);
    }

    private async Task<bool> IsWithinLimitsAsync(string email, IPAddress source, CancellationToken cancellation)
    {
        var perSource = RateLimit.PerMinute("pin-source", _options.PerSource);
        var perAddress = new RateLimit("pin-address", _options.PerAddress, TimeSpan.FromMinutes(10), _options.PerAddress);
        return (await limiter.AcquireAsync(perSource, RateLimitSubjects.Source(source), cancellation)).IsAllowed
            && (await limiter.AcquireAsync(perAddress, email, cancellation)).IsAllowed;
    }

    // Guessing from everywhere must not shut out whoever has the PIN: beyond the address's own limit each login has its first attempt. Such a guess
    // costs one of the PINs that are mailed to an address, of which there are few.
    private async Task<bool> HasTooManyWrongAsync(string email, IPAddress source, long attemptsOfLogin, CancellationToken cancellation)
    {
        var (ofAddress, ofSource) = WrongCounters(email, source);
        return await WrongAsync(ofSource) >= _options.WrongPerAddressAndSource || (attemptsOfLogin > 1 && await WrongAsync(ofAddress) >= _options.WrongPerAddress);

        async Task<long> WrongAsync(string key)
            => await store.GetAsync(key, cancellation) is { } count ? long.Parse(Encoding.ASCII.GetString(count), CultureInfo.InvariantCulture) : 0;
    }

    // Of the address, and of the address from this source. Keys hold hashes: neither addresses of people nor those of machines stand in the store.
    private static (string OfAddress, string OfSource) WrongCounters(string email, IPAddress source)
        => ("pin-wrong:" + Short(email), "pin-wrong:" + Short($"{email} {RateLimitSubjects.Source(source)}"));

    private static string Short(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}

/// <summary>What came of asking for a PIN.</summary>
public enum PinAsked
{
    /// <summary>There is a PIN; whether it was mailed is not told.</summary>
    Yes,

    /// <summary>A limit is reached.</summary>
    TooMany,

    /// <summary>Another request changed the transaction.</summary>
    Changed,
}

/// <summary>What came of a PIN.</summary>
public enum PinChecked
{
    Right,

    /// <summary>Not the PIN, or there is none to check against.</summary>
    Wrong,

    /// <summary>A limit is reached: even the right PIN is refused.</summary>
    TooMany,

    /// <summary>Another request changed the transaction.</summary>
    Changed,
}
