using System.Text.Json;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.Codes;

/// <summary>Codes in the hot store: what is lost with it is a login in flight.</summary>
public sealed class CodeStore(IHotStore hot) : ICodes
{
    /// <summary>So many wrong verifiers make a code useless.</summary>
    public const int WrongVerifiersTolerated = 5;

    // Entries outlive the code a little, so that the answer to a late one is decided by the clock and not by the store.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(10);

    /// <summary>Keeps what a new code is bound to.</summary>
    public Task KeepAsync(PendingCode code, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(code);
        return hot.SetAsync(
            CodeKey(code.GrantId), JsonSerializer.SerializeToUtf8Bytes(code, PendingJson.Default.PendingCode), code.ExpiresAt - now + s_slack, cancellation);
    }

    public async Task<PendingCode?> FindAsync(GrantSecret code, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(code);
        var bytes = await hot.GetAsync(CodeKey(code.GrantId), cancellation);
        var pending = bytes is null ? null : JsonSerializer.Deserialize(bytes, PendingJson.Default.PendingCode);
        return pending is not null && now < pending.ExpiresAt && GrantSecret.HashEquals(pending.CodeHash, code.Hash) ? pending : null;
    }

    public Task ForgetAsync(Guid grantId, CancellationToken cancellation) => hot.DeleteAsync(CodeKey(grantId), cancellation);

    public async Task CountWrongVerifierAsync(Guid grantId, CancellationToken cancellation)
    {
        var wrong = await hot.CountAsync($"token:code-tries:{grantId:N}", TimeSpan.FromMinutes(5), cancellation);
        if (wrong.Count >= WrongVerifiersTolerated)
        {
            await hot.DeleteAsync(CodeKey(grantId), cancellation);
        }
    }

    /// <summary>Keeps what a new session code stands for.</summary>
    public Task KeepSessionAsync(Guid grantId, PendingSession session, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(session);
        return hot.SetAsync(
            SessionKey(grantId), JsonSerializer.SerializeToUtf8Bytes(session, PendingJson.Default.PendingSession), session.ExpiresAt - now + s_slack, cancellation);
    }

    /// <summary>Takes a session code: of any number of simultaneous callers with the right one, one gets it.</summary>
    public async Task<bool> TakeSessionAsync(GrantSecret code, Guid applicationId, DateTimeOffset now, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(code);
        var key = SessionKey(code.GrantId);
        if (await hot.GetAsync(key, cancellation) is not { } bytes)
        {
            return false;
        }

        // Looked at before it is taken: a wrong code, or the right one at another application, takes nothing from its owner.
        var session = JsonSerializer.Deserialize(bytes, PendingJson.Default.PendingSession)!;
        return session.ApplicationId == applicationId
            && now < session.ExpiresAt
            && GrantSecret.HashEquals(session.CodeHash, code.Hash)
            && await hot.TakeIfAsync(key, bytes, cancellation);
    }

    private static string CodeKey(Guid grantId) => $"token:code:{grantId:N}";

    private static string SessionKey(Guid grantId) => $"token:session-code:{grantId:N}";
}
