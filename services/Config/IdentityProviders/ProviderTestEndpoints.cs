using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>
/// <c>/access/identity_providers/{id}/test</c>: begins a login that signs nobody in; the answer has the address for the administrator's browser.
/// One segment below is what came of it, for ten minutes.
/// </summary>
public static class ProviderTestEndpoints
{
    public static void MapProviderTests(this RouteGroupBuilder providers)
    {
        ArgumentNullException.ThrowIfNull(providers);
        providers.MapPost("/{id:guid}/test", (Guid id, ProviderTests.ProviderTestsClient tests, CancellationToken ct) => AskAsync(async () =>
        {
            var begun = await tests.BeginAsync(new BeginProviderTestRequest { ProviderId = id.ToString() }, cancellationToken: ct);
            return ApiEnvelope.Ok(
                new JsonObject { ["id"] = begun.Id, ["url"] = begun.Url, ["expires_at"] = DateTimeOffset.FromUnixTimeSeconds(begun.ExpiresAt) }, StatusCodes.Status201Created);
        })).RequirePermission(ApiPermission.OrganizationsWrite).WithoutDryRun().Answers(Of(("id", Text), ("url", Text), ("expires_at", Time)));
        providers.MapGet("/{id:guid}/test/{test}", (Guid id, string test, ProviderTests.ProviderTestsClient tests, CancellationToken ct)
            => AskAsync(async () => ApiEnvelope.Ok(Show(await tests.FindAsync(new FindProviderTestRequest { Id = test, ProviderId = id.ToString() }, cancellationToken: ct)))))
            .Answers(Of(("status", Text), ("explanation", Text), ("email", Text), ("claims", MapOf(Texts)), ("refreshes_follow_the_user", Flag)));
    }

    private static JsonObject Show(ProviderTestReply reply) => new()
    {
        ["status"] = reply.Status,
        ["explanation"] = reply.Explanation,
        ["email"] = reply.Email,
        ["claims"] = new JsonObject(reply.Claims.Select(claim => KeyValuePair.Create(claim.Name, (JsonNode?)new JsonArray([.. claim.Values.Select(value => (JsonNode)value)])))),
        ["refreshes_follow_the_user"] = reply.CanBeAskedAgain,
    };

    private static async Task<IResult> AskAsync(Func<Task<IResult>> ask)
    {
        try
        {
            return await ask();
        }
        catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("identity_provider"));
        }
        catch (RpcException away) when (away.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded)
        {
            return ApiEnvelope.Error(StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable("the authorization server"));
        }
    }
}
