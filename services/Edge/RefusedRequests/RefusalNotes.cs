using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.RefusedRequests;

/// <summary>
/// Notes refused requests for administrators: a sample (<see cref="RefusalSample"/>), with the id that the client saw. Nothing that an unknown client
/// sent gets in, but its address and the kind of its credential; nobody learns what was asked for.
/// </summary>
internal sealed class RefusalNotes(RefusalSample sample, RefusalReporter reporter, RouteTableSource routes, TimeProvider clock)
{
    /// <summary>Notes that a credential did not open an application; a request without any is asked for one and not refused.</summary>
    public void Add(HttpContext context, ProtectedApplication application, Authentication authentication)
    {
        if (RefusalReasons.Of(authentication.Problem) is { } reason)
        {
            Add(context, application, authentication, reason);
        }
    }

    /// <summary>Notes a refusal for another reason.</summary>
    public void Add(HttpContext context, ProtectedApplication application, Authentication authentication, string reason)
    {
        if (Begin(context, application.Id, reason, reason, isKnown: authentication.Credential is not null) is not { } entry)
        {
            return;
        }

        entry.Credential = RefusalReasons.Of(authentication.Kind);
        if (authentication.Credential is { } credential)
        {
            entry.UserId = credential.Identity?.UserId.ToString("D") ?? "";
            entry.UserEmail = credential.Identity?.Email ?? "";
            entry.GrantId = credential.GrantId == Guid.Empty ? "" : credential.GrantId.ToString("D");
            entry.ServiceTokenId = credential.ServiceTokenId?.ToString("D") ?? "";
            if (authentication.Problem == CredentialProblem.Denied)
            {
                Explain(entry, AccessCheck.Decide(credential, application, context.Connection.RemoteIpAddress));
            }
        }
        else if (authentication.Kind == CredentialKind.ServiceToken)
        {
            // Whose secret is wrong, or whose time is over, is what its owner asks.
            var named = ServiceTokenHeader.Read(context.Request.Headers, application).ClientId;
            entry.ServiceTokenId = routes.Current?.FindServiceToken(named)?.Id.ToString("D") ?? "";
        }

        reporter.Add(entry);
    }

    /// <summary>Notes a request that could not be read in one way only.</summary>
    public void AddBadRequest(HttpContext context, string rule)
    {
        if (Begin(context, Guid.Empty, RefusalReasons.BadRequest, rule, isKnown: false) is { } entry)
        {
            entry.Rule = rule;
            entry.Credential = RefusalReasons.Of(CredentialKind.None);
            reporter.Add(entry);
        }
    }

    private Refusal? Begin(HttpContext context, Guid application, string reason, string kind, bool isKnown)
    {
        var (isTold, isLast) = sample.Take(application, kind, isKnown);
        if (!isTold)
        {
            EdgeMetrics.RefusalsNotLogged(1);
            return null;
        }

        var now = clock.GetUtcNow();
        return new Refusal
        {
            Id = Guid.CreateVersion7(now).ToString("D"),
            At = now.ToTimestamp(),
            FlowId = Answer.FlowId(context),
            ApplicationId = application == Guid.Empty ? "" : application.ToString("D"),
            Reason = reason,
            Address = OriginTransform.AddressText(context.Connection.RemoteIpAddress) ?? "",
            Method = MethodOf(context.Request.Method),
            More = isLast,
        };
    }

    private static void Explain(Refusal entry, PolicyDecision decision)
    {
        entry.PolicyId = decision.PolicyId?.ToString("D") ?? "";
        entry.PolicyName = decision.PolicyName ?? "";
        entry.Rule = decision.Rule;
    }

    // A client may call a method anything.
    private static string MethodOf(string method)
        => method is "GET" or "HEAD" or "POST" or "PUT" or "PATCH" or "DELETE" or "OPTIONS" or "TRACE" or "CONNECT" ? method : "other";
}
