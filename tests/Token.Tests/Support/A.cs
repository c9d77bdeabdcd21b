using System.Collections.Immutable;
using System.Net;
using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.Token.Clients;
using ManagedOAuth.Token.Codes;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.TokenEndpoint;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>Makes the small things that pure tests are about.</summary>
internal static class A
{
    public const string Origin = "http://localhost:8700";
    public const string ClientId = "client-1";
    public const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk~";

    public static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);
    public static readonly Guid PolicyId = new("11111111-0000-4000-8000-000000000001");
    public static readonly Guid ProviderId = new("11111111-0000-4000-8000-000000000002");
    public static readonly Guid ApplicationId = new("11111111-0000-4000-8000-000000000003");

    public static Identity Identity(string email = "alice@example.com") => new()
    {
        UserId = new Guid("11111111-0000-4000-8000-000000000004"),
        Email = email,
        IdentityProviderId = ProviderId,
        IdentityProviderType = "onetimepin",
        AuthenticatedAt = Now,
    };

    public static PolicyDecision Allowed => new() { Outcome = PolicyOutcome.Allow, PolicyId = PolicyId, PolicyName = "Allow example.com", PolicyVersion = 1, Rule = "include email_domain example.com" };

    public static PolicyDecision Denied => Allowed with { Outcome = PolicyOutcome.Deny, PolicyVersion = 2, Rule = "default deny: no include rule matched" };

    public static Application Application(Guid? id = null) => new()
    {
        Id = id ?? ApplicationId,
        Aud = new string('a', 64),
        Name = "Orders API",
        Domain = "localhost:8700",
        OauthConfiguration = new OAuthConfiguration(),
        Policies = [new PolicyReference(PolicyId, 1)],
        Version = 1,
    };

    public static Policy Policy(string domain = "example.com", long version = 1) => new()
    {
        Id = PolicyId,
        Name = "Allow " + domain,
        Decision = PolicyAction.Allow,
        Include = [new Rule.EmailDomain(domain)],
        Version = version,
    };

    public static Organization Organization => new() { Id = Guid.NewGuid(), Name = "Test", AuthDomain = "http://localhost:8702" };

    public static ConfigurationSnapshot Snapshot(Application? application = null, Policy? policy = null) => new()
    {
        Epoch = "e",
        Position = 10,
        Applications = ImmutableDictionary<Guid, Application>.Empty.Add((application ?? Application()).Id, application ?? Application()),
        Policies = ImmutableDictionary<Guid, Policy>.Empty.Add(PolicyId, policy ?? Policy()),
        IdentityProviders = ImmutableDictionary<Guid, IdentityProvider>.Empty.Add(ProviderId, Provider),
        Organization = Organization,
    };

    public static IdentityProvider Provider => new() { Id = ProviderId, Name = "PIN", Type = "onetimepin" };

    public static GrantSubject Subject => new()
    {
        ApplicationId = ApplicationId, ClientId = ClientId, ClientName = "A client", UserId = Identity().UserId, Email = Identity().Email,
    };

    public static GrantIssued Issued(string refreshHash = "", string codeHash = "", GrantKind kind = GrantKind.Oauth) => new()
    {
        Kind = kind,
        Subject = Subject,
        Identity = Identity(),
        Decision = Allowed,
        Resource = Origin,
        Scope = "read write",
        CodeHash = codeHash,
        CodeChallenge = Challenge(Verifier),
        RefreshTokenHash = refreshHash,
        LoginAt = Now,
        IssuedAt = Now,
        ExpiresAt = Now.AddHours(336),
        AccessEndsAt = Now.AddMinutes(15),
    };

    /// <summary>Folds events as the store does.</summary>
    public static Grant Fold(Guid id, params object[] events)
    {
        var grant = Grant.Create((GrantIssued)events[0]);
        grant.Id = id;
        foreach (var change in events.Skip(1))
        {
            switch (change)
            {
                case GrantRefreshed e: grant.Apply(e); break;
                case GrantRefreshRepeated e: grant.Apply(e); break;
                case AccessTokenRevoked e: grant.Apply(e); break;
                case GrantRefreshDenied e: grant.Apply(e); break;
                case GrantDenied e: grant.Apply(e); break;
                case GrantReplayDetected e: grant.Apply(e); break;
                case GrantRevoked e: grant.Apply(e); break;
                case GrantExpired e: grant.Apply(e); break;
                default: throw new InvalidOperationException(change.GetType().Name);
            }
        }

        grant.Version = events.Length;
        return grant;
    }

    public static string Challenge(string verifier)
        => System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    public static PendingCode Pending(GrantSecret code) => new()
    {
        GrantId = code.GrantId,
        CodeHash = code.Hash,
        ApplicationId = ApplicationId,
        ClientId = ClientId,
        ClientName = "A client",
        TokenEndpointAuthMethod = "none",
        RedirectUri = "http://127.0.0.1:4000/cb",
        CodeChallenge = Challenge(Verifier),
        Resource = "",
        Scope = "read write",
        Identity = Identity(),
        FlowId = "f",
        LoginAt = Now,
        ExpiresAt = Now.AddSeconds(60),
    };

    /// <summary>A token request with a body, as it stands before the rules.</summary>
    public static TokenContext Context(string body, Memory? memory = null, string? contentType = "application/x-www-form-urlencoded", string[]? authorization = null, CurrentConfiguration? configuration = null)
    {
        memory ??= new Memory();
        return new TokenContext
        {
            Request = new EndpointRequest
            {
                ApplicationId = ApplicationId,
                PublicOrigin = Origin,
                ClientAddress = IPAddress.Parse("203.0.113.7"),
                FlowId = "0123456789abcdef0123456789abcdef",
                ContentType = contentType,
                Authorization = authorization ?? [],
                Body = Encoding.UTF8.GetBytes(body),
            },
            Configuration = configuration ?? new CurrentConfiguration(Snapshot(), IsFresh: true),
            Clients = memory,
            Codes = memory,
            Grants = memory,
            Now = Now,
        };
    }

    public static GrantSecret RefreshToken(Guid? grantId = null) => GrantSecret.New(SecretPrefixes.RefreshToken, grantId ?? Guid.NewGuid());

    /// <summary>What rules look things up in, held in memory: the rules' logic is the subject here, the real stores have tests of their own.</summary>
    internal sealed class Memory : ICodes, IGrants, IClientDirectory
    {
        public Dictionary<Guid, PendingCode> Codes { get; } = [];

        public Dictionary<Guid, Grant> Grants { get; } = [];

        public Dictionary<string, string?> Clients { get; } = new() { [ClientId] = null };

        public int Asked { get; private set; }

        public Task<PendingCode?> FindAsync(GrantSecret code, DateTimeOffset now, CancellationToken cancellation)
            => Task.FromResult(Codes.GetValueOrDefault(code.GrantId) is { } pending && now < pending.ExpiresAt && pending.CodeHash == code.Hash ? pending : null);

        public Task ForgetAsync(Guid grantId, CancellationToken cancellation) => Task.FromResult(Codes.Remove(grantId));

        public Task CountWrongVerifierAsync(Guid grantId, CancellationToken cancellation) => Task.CompletedTask;

        public Task<Grant?> FindAsync(Guid id, CancellationToken cancellation) => Task.FromResult(Grants.GetValueOrDefault(id));

        public Task<ClientStanding> AuthenticateAsync(Guid applicationId, string clientId, string? secret, CancellationToken cancellation)
        {
            Asked++;
            var known = Clients.TryGetValue(clientId, out var expected);
            return Task.FromResult(new ClientStanding(known, known && expected == secret));
        }
    }
}
