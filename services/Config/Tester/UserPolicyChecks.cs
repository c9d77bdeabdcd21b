using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Tester;

/// <summary>
/// <c>GET /access/apps/{id}/user_policy_checks?email=</c>: whether a user would be let in now, policy by policy, with the rule that decides.
/// <c>ip_address</c> says where they come from.
/// </summary>
public static class UserPolicyChecks
{
    private static readonly string s_status = OneOf("approved", "blocked", "error");

    public static void MapUserPolicyChecks(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        access.MapGet("/apps/{id:guid}/user_policy_checks", Check).RequirePermission(ApiPermission.AppsAndPoliciesRead)
            .Describe("email", "string", "The user's address; required.").Describe("ip_address", "string", "The address that the user would come from.")
            .Answers(Of(
                ("app_state", Of(
                    ("app_uid", Uuid), ("aud", Text), ("hostname", Text), ("name", Text), ("status", s_status),
                    ("policies", ListOf(Of(("id", Uuid), ("name", Text), ("decision", Text), ("status", s_status), ("rule", Text)))),
                    ("decided_by", Of(("policy_id", OrNull(Uuid)), ("policy_name", OrNull(Text)), ("rule", Text))))),
                ("user_identity", MapOf(Any))));
    }

    private static async Task<IResult> Check(Guid id, HttpRequest request, PolicyTester tester, ConfigurationLog log, CancellationToken ct)
    {
        var snapshot = log.Current.Snapshot;
        if (!snapshot.Applications.TryGetValue(id, out var application))
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("application"));
        }

        var email = request.Query["email"].ToString().Trim().ToLowerInvariant();
        var text = request.Query["ip_address"].ToString();
        IPAddress? address = null;
        if (email.Length is 0 or > 320 || (text.Length > 0 && !IPAddress.TryParse(text, out address)))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("email is required; ip_address, if given, is an IP address"));
        }

        return await Peers.AskAsync("user", Peers.Token, async () =>
        {
            if (await tester.FindAsync(email, ct) is not { } identity)
            {
                return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("user"));
            }

            var decided = PolicyTester.Test(snapshot, application, identity, address);
            return ApiEnvelope.Ok(new JsonObject
            {
                ["app_state"] = new JsonObject
                {
                    ["app_uid"] = application.Id,
                    ["aud"] = application.Aud,
                    ["hostname"] = application.Domain,
                    ["name"] = application.Name,
                    ["policies"] = new JsonArray([.. snapshot.PoliciesOf(application).Select(policy => Alone(snapshot, policy, identity, address))]),
                    ["status"] = decided.Status.ToString().ToLowerInvariant(),
                    ["decided_by"] = new JsonObject { ["policy_id"] = decided.PolicyId, ["policy_name"] = decided.PolicyName, ["rule"] = decided.Rule },
                },
                ["user_identity"] = JsonSerializer.SerializeToNode(identity, ConfigurationJson.Default.Identity),
            });
        });
    }

    private static JsonObject Alone(ConfigurationSnapshot snapshot, Policy policy, Contracts.Policies.Identity identity, IPAddress? address)
    {
        var (imagined, application) = PolicyTester.Imagine(snapshot, [policy]);
        var decided = PolicyTester.Test(imagined, application, identity, address);
        return new JsonObject
        {
            ["id"] = policy.Id,
            ["name"] = policy.Name,
            ["decision"] = JsonSerializer.SerializeToNode(policy.Decision, ConfigurationJson.Default.PolicyAction),
            ["status"] = decided.Status.ToString().ToLowerInvariant(),
            ["rule"] = decided.Rule,
        };
    }
}
