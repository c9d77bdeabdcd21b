using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Codes;

/// <summary>What authorization-server asks for after login, policy and consent.</summary>
[AllowedCallers("authorization-server")]
public sealed class CodesService(
    CodeStore codes, GrantWriter grants, ConfigurationSource configuration, IOptions<TokenOptions> options, TimeProvider clock) : Contracts.Token.Codes.CodesBase
{
    public override async Task<CreateCodeReply> CreateCode(CreateCodeRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var now = clock.GetUtcNow();
        var code = GrantSecret.New(SecretPrefixes.AuthorizationCode, Guid.NewGuid());
        _ = Identities.From(request.Decision);
        var pending = new PendingCode
        {
            GrantId = code.GrantId,
            CodeHash = code.Hash,
            ApplicationId = Identities.Id(request.ApplicationId, "application_id"),
            ClientId = Identities.Text(request.ClientId, "client_id", 1024),
            ClientName = Identities.Text(request.ClientName, "client_name", 256, required: false),
            TokenEndpointAuthMethod = Identities.Text(request.TokenEndpointAuthMethod, "token_endpoint_auth_method", 64),
            RedirectUri = Identities.Text(request.RedirectUri, "redirect_uri", 2048),
            CodeChallenge = Identities.Text(request.CodeChallenge, "code_challenge", 128),
            Resource = Identities.Text(request.Resource, "resource", 2048, required: false),
            Scope = Identities.Text(request.Scope, "scope", 1024, required: false),
            Identity = Identities.From(request.Identity),
            FlowId = Identities.Text(request.FlowId, "flow_id", 128, required: false),
            LoginAt = now,
            ExpiresAt = now + options.Value.CodeLifetime,
        };
        await codes.KeepAsync(pending, now, context.CancellationToken);
        return new CreateCodeReply { Code = code.Text, ExpiresIn = (int)options.Value.CodeLifetime.TotalSeconds };
    }

    public override Task<OpenSessionReply> OpenSession(OpenSessionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return OpenAsync(request, context.CancellationToken);
    }

    private async Task<OpenSessionReply> OpenAsync(OpenSessionRequest request, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var snapshot = configuration.Current.Snapshot;
        var decision = Identities.From(request.Decision);
        if (!snapshot.Applications.TryGetValue(Identities.Id(request.ApplicationId, "application_id"), out var application))
        {
            // Known to the caller and not yet here: the next attempt will find it.
            throw new RpcException(new Status(StatusCode.Unavailable, "the application is not known here yet"));
        }

        var code = GrantSecret.New(SecretPrefixes.SessionCode, Guid.NewGuid());
        var issued = Issue(request, application, decision, snapshot, now);

        // The code first: a grant without a code would be a session that nobody can enter.
        await codes.KeepSessionAsync(code.GrantId, new PendingSession(application.Id, code.Hash, now + options.Value.CodeLifetime), now, cancellation);
        await using var session = grants.Open(new GrantCause($"user:{issued.Subject.Email}", request.FlowId));
        await grants.StartAsync(session, code.GrantId, issued, cancellation);
        return new OpenSessionReply { Code = code.Text, ExpiresIn = (int)options.Value.CodeLifetime.TotalSeconds, GrantId = code.GrantId.ToString() };
    }

    private static GrantIssued Issue(
        OpenSessionRequest request, Application application, PolicyDecision decision, ConfigurationSnapshot snapshot, DateTimeOffset now)
    {
        var identity = Identities.From(request.Identity);
        var policy = decision.PolicyId is { } id ? snapshot.Policies.GetValueOrDefault(id) : null;

        // Whole seconds, as the cookie's assertion will say it.
        var end = DateTimeOffset.FromUnixTimeSeconds((now + GrantTimes.BrowserSession(application, policy)).ToUnixTimeSeconds());
        return new GrantIssued
        {
            Kind = GrantKind.Browser,
            Subject = new GrantSubject { ApplicationId = application.Id, ClientId = "", ClientName = "", UserId = identity.UserId, Email = identity.Email },
            Identity = identity,
            Decision = decision,
            LoginAt = now,
            IssuedAt = now,
            ExpiresAt = end,
            AccessEndsAt = end,
            FlowId = Identities.Text(request.FlowId, "flow_id", 128, required: false),
            ClientAddress = Identities.Text(request.ClientAddress, "client_address", 64, required: false),
            UserAgent = request.UserAgent.Length > 256 ? request.UserAgent[..256] : request.UserAgent,
        };
    }
}
