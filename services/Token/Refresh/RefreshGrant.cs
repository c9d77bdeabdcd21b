using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Evaluation;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;
using ManagedOAuth.Token.TokenEndpoint.Rules;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// Refreshes a grant: decides on the newest state and appends at exactly that version. Of parallel requests one rotates; the others are
/// decided again on what it left and get the same successor. Where the identity provider, or a service of an external evaluation, can be asked about
/// the user, the policies decide on what it says now.
/// </summary>
public sealed partial class RefreshGrant(
    GrantWriter grants, GrantHistory history, AccessTokens tokens, IdentitySource identities, ExternalEvaluations evaluations, RefreshTurns turns, ILogger<RefreshGrant> logger)
{
    public async Task<TokenResult> HandleAsync(TokenContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(context);
        var presented = context.RefreshSecret!;
        var attempt = Attempt(context, presented);
        using var turn = await turns.TakeAsync(presented.GrantId, cancellation);
        for (var round = 1; round <= GrantWriter.Attempts; round++)
        {
            await using var session = grants.Open(new GrantCause($"client:{context.Client.ClientId}", context.Request.FlowId));
            var stream = await GrantWriter.FetchAsync(session, presented.GrantId, round, cancellation);
            if (stream.Aggregate is not { } grant)
            {
                return Refused();
            }

            var successor = GrantSecret.New(SecretPrefixes.RefreshToken, grant.Id);
            attempt = attempt with
            {
                SuccessorHash = successor.Hash,
                AccessTokenId = Guid.NewGuid(),
                Decision = attempt.Current is null ? Evaluate(context, grant.Identity) : attempt.Decision,
            };
            var decision = RefreshDecision.Decide(grant, attempt);
            if (decision.Outcome == RefreshOutcome.NotOurs && grant.IsLive)
            {
                // Rare: only now is it worth asking whether the token ever was one of this grant.
                attempt = attempt with { EarlierGeneration = await history.GenerationOfAsync(grant.Id, presented.Hash, cancellation) };
                decision = RefreshDecision.Decide(grant, attempt);
            }

            if (RefreshDecision.NeedsIdentity(grant, attempt, decision))
            {
                attempt = With(context, attempt, await AskAsync(context, grant, cancellation));
                if (ExternalEvaluationRules.AreMissing(context.Configuration.Snapshot, context.Application, attempt.Current!.Identity, attempt.Decision))
                {
                    // Nobody said no: the grant and its refresh token stay as they are.
                    return TokenResult.Refused(OAuthError.TemporarilyUnavailable());
                }

                decision = RefreshDecision.Decide(grant, attempt);
            }

            if (decision.Outcome == RefreshOutcome.Denied && GeoRules.HaveNoList(context.Configuration.Snapshot, context.Application, attempt.Decision))
            {
                return TokenResult.Refused(OAuthError.TemporarilyUnavailable());
            }

            if (decision.Outcome == RefreshOutcome.Repeated)
            {
                var kept = await session.LoadAsync<RefreshSuccessor>(grant.Id, cancellation);
                if (kept is null || !kept.TryOpen(presented, out var same))
                {
                    // Between the two reads the chain moved on; the next round sees it.
                    continue;
                }

                successor = same;
            }
            else if (decision.Outcome == RefreshOutcome.Rotated)
            {
                KeepSuccessor(session, context, attempt, presented, successor);
            }

            if (decision.Event is null)
            {
                return Refused();
            }

            stream.AppendOne(decision.Event);
            var response = decision.Outcome is RefreshOutcome.Rotated or RefreshOutcome.Repeated
                ? await RespondAsync(context, grant, decision, attempt, successor, cancellation)
                : null;
            try
            {
                await grants.SaveAsync(session, grant, decision.Event, cancellation);
            }
            catch (EventStreamUnexpectedMaxEventIdException)
            {
                // Another request for this grant was faster; decide again.
                continue;
            }

            LogOutcome(logger, decision.Outcome, grant.Id, attempt.Decision.Rule);
            return response is null ? Refused() : TokenResult.Issued(response);
        }

        return TokenResult.Refused(OAuthError.TemporarilyUnavailable());
    }

    private static RefreshAttempt Attempt(TokenContext context, GrantSecret presented) => new()
    {
        PresentedHash = presented.Hash,
        SuccessorHash = "",
        AccessTokenId = Guid.Empty,
        Scope = context.Scope,
        OthersHaveASay = ExternalEvaluationRules.Of(context.Configuration.Snapshot, context.Application).Any(),
        Decision = Evaluate(context, context.Grant!.Identity),
        ConfigurationPosition = context.Configuration.Snapshot.Position,
        Times = GrantTimes.Of(context.Application),
        Now = context.Now,
        FlowId = context.Request.FlowId,
        ClientAddress = context.Request.ClientAddress.ToString(),
    };

    private async Task<CurrentIdentity> AskAsync(TokenContext context, Grant grant, CancellationToken cancellation)
    {
        var current = grant.Identity.ProviderGrantId is null ? new CurrentIdentity(grant.Identity, null) : await identities.AskAsync(grant, cancellation);
        return current.Refusal is not null
            ? current
            : current with
            {
                Identity = await evaluations.AskAsync(context.Configuration.Snapshot, context.Application, current.Identity, context.Request.ClientAddress, cancellation),
            };
    }

    private static RefreshAttempt With(TokenContext context, RefreshAttempt attempt, CurrentIdentity current) => attempt with
    {
        Current = current,
        Decision = current.Refusal is { } refusal
            ? new PolicyDecision { Outcome = PolicyOutcome.Deny, Rule = $"identity provider: {refusal}" }
            : Evaluate(context, current.Identity),
    };

    private static PolicyDecision Evaluate(TokenContext context, Identity identity) => GrantAdmission.Evaluate(
        context.Configuration.Snapshot, context.Application, identity, new RequestFacts { ClientAddress = context.Request.ClientAddress });

    private static void KeepSuccessor(
        IDocumentSession session, TokenContext context, RefreshAttempt attempt, GrantSecret presented, GrantSecret successor)
    {
        if (attempt.Times.RefreshGrace > TimeSpan.Zero)
        {
            session.Store(RefreshSuccessor.Seal(presented, successor, context.Now + attempt.Times.RefreshGrace));
        }
        else
        {
            session.Delete<RefreshSuccessor>(presented.GrantId);
        }
    }

    private async Task<TokenResponse> RespondAsync(
        TokenContext context, Grant grant, RefreshDecision decision, RefreshAttempt attempt, GrantSecret successor, CancellationToken cancellation)
    {
        var accessToken = await tokens.MakeAsync(
            new AccessTokenRequest
            {
                Application = context.Application,
                Issuer = context.Configuration.Snapshot.Organization!.AuthDomain,
                GrantId = grant.Id,
                Identity = attempt.Current?.Identity ?? grant.Identity,
                ClientId = grant.Subject.ClientId,
                TokenId = attempt.AccessTokenId,
                Scope = attempt.Scope,
                IssuedAt = context.Now,
                ExpiresAt = decision.AccessTokenEnd,
            },
            cancellation);
        return new TokenResponse(
            accessToken, (int)(decision.AccessTokenEnd - context.Now).TotalSeconds, successor.Text, attempt.Scope, grant.Resource);
    }

    private static TokenResult Refused() => TokenResult.Refused(OAuthError.InvalidGrant(RefreshTokenBelongsToClient.RefreshRefusal));

    [LoggerMessage(1, LogLevel.Information, "Refresh of grant {GrantId}: {Outcome} ({Rule}).", EventName = "GrantRefresh")]
    private static partial void LogOutcome(ILogger logger, RefreshOutcome outcome, Guid grantId, string rule);
}
