using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;

namespace ManagedOAuth.Config.Applications;

/// <summary>
/// <c>/access/apps/{id}/policies</c>: the policies of one application. Reusable ones are listed with its own, and changed at
/// <c>/access/policies</c>. A change here is a change of the application: both are saved together.
/// </summary>
public static class ApplicationPolicyEndpoints
{
    private const int HighestPrecedence = 1_000_000;

    private static readonly string s_policy = With(Kind("policy"), ("precedence", Integer));
    private static readonly string s_request = With(Kind("policy_request"), ("precedence?", Integer));

    public static void MapApplicationPolicies(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var policies = access.MapGroup("/apps/{id:guid}/policies").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        policies.MapGet("/", List).DescribePage().Answers(ListOf(s_policy));
        policies.MapGet("/{policyId:guid}", (Guid id, Guid policyId, ConfigurationLog log, PolicyKind kind)
            => Find(log.Current.Snapshot, id, policyId) is { } reference
                ? ApiEnvelope.Ok(Show(reference, log.Current.Snapshot, kind))
                : NotFound()).Answers(s_policy);
        policies.MapPost("/", Create).Takes(s_request).Answers(s_policy);
        policies.MapPut("/{policyId:guid}", Replace).Takes(s_request).Answers(s_policy);
        policies.MapPut("/{policyId:guid}/make_reusable", MakeReusable).Answers(Kind("policy"));
        policies.MapDelete("/{policyId:guid}", Remove).Answers(Removed);
    }

    private static IResult List(Guid id, HttpRequest request, ConfigurationLog log, PolicyKind kind)
    {
        var snapshot = log.Current.Snapshot;
        if (!snapshot.Applications.TryGetValue(id, out var application))
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("application"));
        }

        return Paging.From(request.Query) is { } paging
            ? ApiEnvelope.Page(paging.Of(application.Policies).Select(reference => Show(reference, snapshot, kind)), paging, application.Policies.Count)
            : ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
    }

    private static Task<IResult> Create(
        Guid id, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> applications, PolicyStreams policies, CancellationToken ct)
    {
        var reference = new PolicyReference(Guid.NewGuid(), 0);
        return applications.Replace(
            id,
            request,
            ct,
            (body, application, draft) =>
            {
                policies.Save([PolicyReader.Read(body, reference.Id, reusable: false, draft.Snapshot)], draft);
                var last = application.Policies.Select(other => other.Precedence).DefaultIfEmpty(0).Max();
                reference = reference with { Precedence = body.Number("precedence", 0, HighestPrecedence) ?? last + 1 };
                return application with { Policies = InOrder(application.Policies.Append(reference)) };
            },
            answer: application => PolicyOf(application, reference.Id));
    }

    private static Task<IResult> Replace(
        Guid id, Guid policyId, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> applications, PolicyStreams policies, CancellationToken ct)
        => applications.Replace(
            id,
            request,
            ct,
            (body, application, draft) =>
            {
                if (draft.Snapshot.Policies.GetValueOrDefault(policyId) is { Reusable: true })
                {
                    body.Refuse("id", "this policy is reusable: change it at /access/policies, for all applications that have it");
                }

                policies.Save([PolicyReader.Read(body, policyId, reusable: false, draft.Snapshot)], draft);
                var before = application.Policies.First(other => other.Id == policyId);
                var reference = before with { Precedence = body.Number("precedence", 0, HighestPrecedence) ?? before.Precedence };
                return application with { Policies = InOrder(application.Policies.Where(other => other.Id != policyId).Append(reference)) };
            },
            answer: application => PolicyOf(application, policyId),
            refuse: (application, _) => Lacks(application, policyId));

    private static Task<IResult> MakeReusable(
        Guid id, Guid policyId, HttpRequest request, ObjectEndpoints<Policy, PolicyObject> policies, CancellationToken ct)
        => policies.Replace(
            policyId,
            request,
            ct,
            (_, existing, _) => existing with { Reusable = true },
            bodyOptional: true,
            refuse: (_, snapshot) => Find(snapshot, id, policyId) is null ? NotFound() : null);

    // Its own policy goes with the reference to it; a reusable one is only taken off this application.
    private static Task<IResult> Remove(
        Guid id, Guid policyId, HttpRequest request, ObjectEndpoints<Application, ApplicationObject> applications, CancellationToken ct)
        => applications.Replace(
            id,
            request,
            ct,
            (_, application, _) => application with { Policies = [.. application.Policies.Where(other => other.Id != policyId)] },
            answer: _ => new JsonObject { ["id"] = policyId },
            bodyOptional: true,
            refuse: (application, _) => Lacks(application, policyId));

    private static IResult? Lacks(Application application, Guid policyId) => application.Policies.Any(reference => reference.Id == policyId) ? null : NotFound();

    private static PolicyReference? Find(ConfigurationSnapshot snapshot, Guid id, Guid policyId)
        => snapshot.Applications.GetValueOrDefault(id)?.Policies.FirstOrDefault(reference => reference.Id == policyId);

    private static IReadOnlyList<PolicyReference> InOrder(IEnumerable<PolicyReference> references) => [.. references.OrderBy(reference => reference.Precedence)];

    private static JsonObject Show(PolicyReference reference, ConfigurationSnapshot snapshot, PolicyKind kind)
    {
        var node = snapshot.Policies.TryGetValue(reference.Id, out var policy) ? kind.Show(policy, snapshot).AsObject() : new JsonObject { ["id"] = reference.Id };
        node["precedence"] = reference.Precedence;
        return node;
    }

    // What was changed is the application; what was asked about is the policy.
    private static JsonNode PolicyOf(JsonObject application, Guid policyId)
        => application["policies"]!.AsArray().First(policy => policy!["id"]!.GetValue<Guid>() == policyId)!.DeepClone();

    private static IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("policy"));
}
