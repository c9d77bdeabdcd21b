using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Tests.Directory;

public sealed class AccessRequestTests
{
    private static readonly DateTimeOffset s_at = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void Query_ValuesStandBesideTheSqlAndNeverInIt()
    {
        var query = AccessRequestQuery.Of(new AccessRequestsRequest
        {
            Filters = { new AccessRequestFilter { Field = "email", Value = " Alice'--@Example.com " }, new AccessRequestFilter { Field = "allowed", Value = "false", Not = true } },
            Since = s_at.ToTimestamp(),
        });
        Assert.Equal("(data ->> 'email') = ? and ((data ->> 'allowed') = ?) is not true and ((data ->> 'at')::bigint) >= ?", query.Conditions);
        Assert.Equal(["alice'--@example.com", "false", 1_767_323_045_000_000L], query.Values);
    }

    [Theory]
    [InlineData("email' or true --")]
    [InlineData("")]
    [InlineData("data")]
    public void Query_FieldThatIsNone_IsRefused(string field)
        => Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => AccessRequestQuery.Of(
            new AccessRequestsRequest { Filters = { new AccessRequestFilter { Field = field, Value = "x" } } })).StatusCode);

    [Fact]
    public void Line_OfADenial_NamesTheRule_AndTheUsersOwnNoIsNoFailedLogin()
    {
        var denied = new AccessDenied("policy", Guid.NewGuid(), "a@x.test", Guid.NewGuid(), "", Guid.NewGuid(), "No", 3, "include email a@x.test", PolicyOutcome.Deny, "192.0.2.1", "f1");
        var (id, login) = (Guid.NewGuid(), Guid.NewGuid());
        var line = AccessRequest.Of(denied with { ProviderType = "oidc" }, id, login, s_at)!;
        Assert.Equal((id, login, false, "a@x.test", "oidc", "include email a@x.test", "f1", s_at), (line.Id, line.LoginId, line.Allowed, line.Email, line.Connection, line.Rule, line.FlowId, line.Time));
        Assert.Equal(7, AccessRequest.Of(denied with { At = 7 }, id, login, s_at)!.At);
        Assert.Null(AccessRequest.Of(denied with { Reason = "user" }, id, login, s_at));
    }
}
