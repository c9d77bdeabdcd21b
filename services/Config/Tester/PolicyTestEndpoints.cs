using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Tester;

/// <summary>
/// <c>/access/policy-tests</c>: POST runs a test of policies (uuids or whole policies, saved or not) and answers with its outcome; the users are
/// read page by page, each with the rule that decided.
/// </summary>
public static class PolicyTestEndpoints
{
    private const int MaximumPolicies = 100;

    private static readonly string s_test = Of(
        ("id", Uuid), ("status", OneOf("complete", "exceeded_time")), ("policies", ListOf(Uuid)), ("total_users", Integer), ("users_approved", Integer), ("users_blocked", Integer),
        ("users_errored", Integer), ("percent_approved", Integer), ("percent_blocked", Integer), ("percent_errored", Integer), ("percent_users_processed", Integer),
        ("position", Integer), ("created_at", Time));

    public static void MapPolicyTests(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var tests = access.MapGroup("/policy-tests").RequirePermission(ApiPermission.AppsAndPoliciesRead);
        tests.MapPost("/", Run)
            .Takes(Of(("policies", ListOf(AnyOf(Uuid, Of(("id", Uuid)), Kind("policy_request")))), ("ip_address?", Text))).Answers(s_test);
        tests.MapGet("/{id:guid}", async (Guid id, PolicyTestStore store, CancellationToken ct)
            => await store.FindAsync(id, ct) is { } test ? ApiEnvelope.Ok(Show(test)) : NotFound()).Answers(s_test);
        tests.MapGet("/{id:guid}/users", Users)
            .Describe("status", "string", "success, fail or error.").DescribePage()
            .Answers(ListOf(Of(
                ("id", Uuid), ("email", Text), ("name", Text), ("status", OneOf("approved", "blocked", "error")), ("policy_id", OrNull(Uuid)), ("policy_name", OrNull(Text)), ("rule", Text))));
    }

    private static async Task<IResult> Run(HttpRequest request, PolicyTester tester, ConfigurationLog log, PolicyTestStore store, CancellationToken ct)
    {
        var (body, refusal) = await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var reader = new BodyReader(body, []);
        var policies = Read(reader, log.Current.Snapshot);
        var address = Address(reader);
        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        return await Peers.AskAsync("user", Peers.Token, async () =>
        {
            var (test, users) = await tester.RunAsync(policies, address, ct);
            return ApiEnvelope.Ok(Show(await store.SaveAsync(test, users, ct)), StatusCodes.Status201Created);
        });
    }

    private static List<Policy> Read(BodyReader reader, ConfigurationSnapshot snapshot)
    {
        var policies = new List<Policy>();
        foreach (var (item, index) in reader.Items("policies", MaximumPolicies).Select((item, index) => (item, index)))
        {
            var id = item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var member) ? member : item;
            var entry = reader.Item("policies", index, item);
            if (item.ValueKind == JsonValueKind.Object && entry.Has("include"))
            {
                policies.Add(PolicyReader.Read(entry, Guid.NewGuid(), reusable: false, snapshot));
            }
            else if (id.ValueKind == JsonValueKind.String && id.TryGetGuid(out var known) && snapshot.Policies.TryGetValue(known, out var policy))
            {
                policies.Add(policy);
            }
            else
            {
                reader.Refuse($"policies/{index}", "each of policies is the uuid of a policy, or a policy");
            }
        }

        if (policies.Count == 0 && reader.Errors.Count == 0)
        {
            reader.Refuse("policies", "policies needs at least one");
        }

        return policies;
    }

    private static IPAddress? Address(BodyReader reader)
    {
        var text = reader.OptionalText("ip_address", 64);
        if (text is null || IPAddress.TryParse(text, out _))
        {
            return text is null ? null : IPAddress.Parse(text);
        }

        reader.Refuse("ip_address", "ip_address is an IP address");
        return null;
    }

    private static async Task<IResult> Users(Guid id, HttpRequest request, PolicyTestStore store, CancellationToken ct)
    {
        var status = request.Query["status"].ToString();
        if (Paging.From(request.Query) is not { } paging || status is not ("" or "success" or "fail" or "error"))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000, status success, fail or error"));
        }

        if (await store.FindAsync(id, ct) is not { } test)
        {
            return NotFound();
        }

        TestedStatus? asked = status switch
        {
            "success" => TestedStatus.Approved,
            "fail" => TestedStatus.Blocked,
            "error" => TestedStatus.Error,
            _ => null,
        };
        var users = await store.UsersAsync(test, asked, (int)Math.Min(int.MaxValue, (long)(paging.Page - 1) * paging.PerPage), paging.PerPage, ct);
        return ApiEnvelope.Page(users.Select(Show), paging, test.Parts!.Sum(part => part.Count(asked)));
    }

    internal static JsonObject Show(TestedUser user) => new()
    {
        ["id"] = user.Id,
        ["email"] = user.Email,
        ["name"] = user.Email,
        ["status"] = user.Status.ToString().ToLowerInvariant(),
        ["policy_id"] = user.PolicyId,
        ["policy_name"] = user.PolicyName,
        ["rule"] = user.Rule,
    };

    private static JsonObject Show(PolicyTest test)
    {
        int Count(TestedStatus? status) => test.Parts!.Sum(part => part.Count(status));
        int Percent(TestedStatus status) => Count(null) == 0 ? 0 : (int)Math.Round(100.0 * Count(status) / Count(null));
        return new JsonObject
        {
            ["id"] = test.Id,
            ["status"] = test.Complete ? "complete" : "exceeded_time",
            ["policies"] = new JsonArray([.. test.Policies.Select(id => JsonValue.Create(id))]),
            ["total_users"] = Count(null),
            ["users_approved"] = Count(TestedStatus.Approved),
            ["users_blocked"] = Count(TestedStatus.Blocked),
            ["users_errored"] = Count(TestedStatus.Error),
            ["percent_approved"] = Percent(TestedStatus.Approved),
            ["percent_blocked"] = Percent(TestedStatus.Blocked),
            ["percent_errored"] = Percent(TestedStatus.Error),
            ["percent_users_processed"] = test.Complete ? 100 : 99,
            ["position"] = test.Position,
            ["created_at"] = test.At,
        };
    }

    private static IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("policy_test"));
}
