using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Cors;
using ManagedOAuth.Edge.Forwarding;

namespace ManagedOAuth.Edge.Routing;

/// <summary>An application of one configuration snapshot, with the questions that every request asks answered once.</summary>
internal sealed class ProtectedApplication
{
    private static readonly RequestFacts s_nothingKnown = new();

    public ProtectedApplication(ConfigurationSnapshot snapshot, Application application)
    {
        Snapshot = snapshot;
        Record = application;
        Id = application.Id;
        Audience = application.Aud;
        ManagedOAuth = application.ManagedOAuth;
        HasContinuousRules = PolicyEvaluator.HasContinuousRules(snapshot, application);
        var actions = snapshot.PoliciesOf(application).Select(policy => policy.Decision).ToHashSet();
        HasBypass = actions.Contains(PolicyAction.Bypass);
        HasServiceAuth = actions.Contains(PolicyAction.NonIdentity);
        AdmitsUsers = actions.Contains(PolicyAction.Allow);
        AlwaysBypasses = HasBypass && PolicyEvaluator.Evaluate(snapshot, application, null, s_nothingKnown).Outcome == PolicyOutcome.Bypass;
        LinkedApplications = HasServiceAuth || HasBypass ? [.. ReachableRules.Of(snapshot, application).OfType<Rule.LinkedAppToken>().Select(rule => rule.AppUid).Distinct()] : [];
        Cors = application.CorsHeaders is { } cors ? new CorsPolicy(cors) : null;
        Origin = OriginSettings.TryRead(application.Origin);
    }

    /// <summary>The snapshot that all decisions about this object are made on.</summary>
    public ConfigurationSnapshot Snapshot { get; }

    public Application Record { get; }

    public Guid Id { get; }

    /// <summary>The audience tag.</summary>
    public string Audience { get; }

    public bool ManagedOAuth { get; }

    /// <summary>A request with a service token is decided by it alone, without a login.</summary>
    public bool StrictServiceTokens => Snapshot.Organization is { StrictServiceTokenAuth: true };

    public bool IsPortal => Record.Type == ApplicationType.McpPortal;

    /// <summary>A rule looks at the request itself: the policies are evaluated on every request and not at the login alone.</summary>
    public bool HasContinuousRules { get; }

    public bool HasBypass { get; }

    /// <summary>A Bypass policy admits everybody, whatever the request.</summary>
    public bool AlwaysBypasses { get; }

    /// <summary>Service tokens can be admitted.</summary>
    public bool HasServiceAuth { get; }

    /// <summary>The applications whose assertions can open this one.</summary>
    public IReadOnlyList<Guid> LinkedApplications { get; }

    /// <summary>Users can be admitted at all.</summary>
    public bool AdmitsUsers { get; }

    public CorsPolicy? Cors { get; }

    /// <summary>Null when the application has no usable origin: nothing is forwarded.</summary>
    public OriginSettings? Origin { get; }

    /// <summary>Decides on this snapshot.</summary>
    public PolicyDecision Evaluate(Identity? identity, RequestFacts facts) => PolicyEvaluator.Evaluate(Snapshot, Record, identity, facts);
}
