using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

/// <summary>Assertions for one application that are made out of those of another.</summary>
public sealed class LinkedAssertionTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;
    private readonly Application _target = A.Application(Guid.NewGuid()) with { Aud = new string('b', 64), Domain = "b.test" };

    private EdgeSessions.EdgeSessionsClient Edge => new(_cluster.Replicas[0].Channel);

    [Fact]
    public async Task Mint_NamesTheUserToTheOtherApplication_AndTheGrantTellsOfIt()
    {
        await LinkAsync(A.ApplicationId);
        var tokens = await _cluster.LoginAsync();
        var minted = await MintAsync(AssertionOf(tokens));
        var claims = Claims(minted.Assertion);
        Assert.Equal(("alice@example.com", _target.Aud), (claims.GetProperty("email").GetString(), claims.GetProperty("aud")[0].GetString()));
        Assert.Equal(A.ApplicationId, claims.GetProperty("linked_app_uid").GetGuid());
        Assert.True(minted.ExpiresAt.ToDateTimeOffset() <= DateTimeOffset.FromUnixTimeSeconds(Claims(AssertionOf(tokens)).GetProperty("exp").GetInt64()));

        var events = await new GrantQueries.GrantQueriesClient(_cluster.Replicas[0].Channel).EventsAsync(new GrantEventsRequest { GrantId = tokens.GrantId.ToString() }, _cluster.Headers("config"));
        var given = JsonDocument.Parse(events.Events[^1].ToStringUtf8()).RootElement;
        Assert.Equal(("linked_access_given", $"application:{A.ApplicationId}"), (given.GetProperty("type").GetString(), given.GetProperty("actor").GetString()));
        Assert.Equal(_target.Id, given.GetProperty("data").GetProperty("linked_to").GetGuid());
        Assert.Equal("include linked_app_token Orders API", given.GetProperty("data").GetProperty("decision").GetProperty("rule").GetString());

        // What was made opens nothing further.
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(minted.Assertion));
    }

    [Fact]
    public async Task Mint_ForAServerBehindAPortal_IsDecidedByTheServersPoliciesAboutTheUser()
    {
        await PutAsync(ApplicationType.McpPortal, new Policy { Id = Guid.NewGuid(), Name = "everybody here", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.com")] });
        try
        {
            var assertion = AssertionOf(await _cluster.LoginAsync());
            var minted = await MintAsync(assertion);
            var claims = Claims(minted.Assertion);
            Assert.Equal(("alice@example.com", _target.Aud), (claims.GetProperty("email").GetString(), claims.GetProperty("aud")[0].GetString()));
            Assert.Equal(A.ApplicationId, claims.GetProperty("linked_app_uid").GetGuid());
            Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(minted.Assertion));

            await PutAsync(ApplicationType.McpPortal, new Policy { Id = Guid.NewGuid(), Name = "others", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.org")] });
            Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(assertion));
        }
        finally
        {
            await PutAsync(ApplicationType.SelfHosted, new Policy { Id = Guid.NewGuid(), Name = "others", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.org")] });
        }
    }

    [Fact]
    public async Task Mint_ForAServer_OutOfAnotherApplicationsThanAPortals_IsDenied()
    {
        await PutAsync(ApplicationType.SelfHosted, new Policy { Id = Guid.NewGuid(), Name = "everybody here", Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("example.com")] });
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(AssertionOf(await _cluster.LoginAsync())));
    }

    [Fact]
    public async Task Mint_ManyAtOnceForOneGrant_AllGetTheirs()
    {
        await LinkAsync(A.ApplicationId);
        var tokens = await _cluster.LoginAsync();
        var assertion = AssertionOf(tokens);
        var minted = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Eventually.Async(async () => await MintAsync(assertion))));
        Assert.All(minted, reply => Assert.NotEmpty(reply.Assertion));
        var events = await new GrantQueries.GrantQueriesClient(_cluster.Replicas[0].Channel).EventsAsync(new GrantEventsRequest { GrantId = tokens.GrantId.ToString() }, _cluster.Headers("config"));
        Assert.Equal(40, events.Events.Count(entry => entry.ToStringUtf8().Contains("linked_access_given", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Mint_WithoutALink_IsDenied()
    {
        await LinkAsync(Guid.NewGuid());
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(AssertionOf(await _cluster.LoginAsync())));
    }

    [Fact]
    public async Task Mint_OutOfSomethingElse_IsDenied()
    {
        await LinkAsync(A.ApplicationId);
        var assertion = AssertionOf(await _cluster.LoginAsync());
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(assertion[..^4] + "AAAA"));
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync("x"));
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(""));
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(new string('a', 10_000)));
    }

    [Fact]
    public async Task Mint_AfterTheGrantEnded_IsDenied()
    {
        await LinkAsync(A.ApplicationId);
        var tokens = await _cluster.LoginAsync();
        await _cluster.Replicas[0].RevokeAsync(tokens.Refresh);
        Assert.Equal(StatusCode.PermissionDenied, await StatusAsync(AssertionOf(tokens)));
    }

    private Task LinkAsync(Guid source)
        => PutAsync(null, new Policy { Id = Guid.NewGuid(), Name = "link", Decision = PolicyAction.NonIdentity, Include = [new Rule.LinkedAppToken(source)] });

    // The target with one policy; with a type for the source, the target is an MCP server.
    private async Task PutAsync(ApplicationType? source, Policy policy)
    {
        var target = _target with { Policies = [new PolicyReference(policy.Id, 1)] };
        var position = _cluster.Peers.Change(snapshot => snapshot with
        {
            Policies = snapshot.Policies.SetItem(policy.Id, policy),
            Applications = (source is { } type ? snapshot.Applications.SetItem(A.ApplicationId, snapshot.Applications[A.ApplicationId] with { Type = type }) : snapshot.Applications)
                .SetItem(_target.Id, source is null ? target : target with { Type = ApplicationType.Mcp, Domain = "" }),
        });
        var snapshots = (ServiceDefaults.Snapshots.IConfigurationSnapshots)_cluster.Replicas[0].Services.GetService(typeof(ServiceDefaults.Snapshots.IConfigurationSnapshots))!;
        await Eventually.Async(() => snapshots.Current.Position >= position);
    }

    private string AssertionOf(Tokens tokens)
        => ((Keys.AccessTokens)_cluster.Replicas[0].Services.GetService(typeof(Keys.AccessTokens))!).Open(tokens.Access)!.Assertion;

    private async Task<MintLinkedAssertionReply> MintAsync(string assertion) => await Edge.MintLinkedAssertionAsync(
        new MintLinkedAssertionRequest { ApplicationId = _target.Id.ToString(), Assertion = assertion, ClientAddress = "203.0.113.9", FlowId = "f" }, _cluster.Headers("edge"));

    private async Task<StatusCode> StatusAsync(string assertion)
    {
        try
        {
            await MintAsync(assertion);
            return StatusCode.OK;
        }
        catch (RpcException refused)
        {
            return refused.StatusCode;
        }
    }

    private static JsonElement Claims(string jwt) => JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[1])).RootElement;
}
