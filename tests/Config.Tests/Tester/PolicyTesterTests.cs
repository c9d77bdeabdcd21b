using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Tester;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using Microsoft.Extensions.DependencyInjection;
using Identity = ManagedOAuth.Contracts.Policies.Identity;

namespace ManagedOAuth.Config.Tests.Tester;

[Collection(ConfigCollection.Name)]
public sealed class PolicyTesterTests(ConfigHost host)
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(1_000, true)]
    [InlineData(20_000, true)]
    [InlineData(20_001, false)]
    public async Task Test_OfThatManyUsers_IsKeptAndReadPageByPage(int users, bool complete)
    {
        var tester = new PolicyTester(new ManyUsers(users), host.Services.GetRequiredService<ConfigurationLog>(), TimeProvider.System);
        var store = host.Services.GetRequiredService<PolicyTestStore>();
        var everySecond = new Policy
        {
            Id = Guid.NewGuid(), Name = new string('п', 200), Decision = PolicyAction.Allow, Include = [new Rule.EmailDomain("even.example.com")],
        };
        var (run, tested) = await tester.RunAsync([everySecond], null, default);
        var test = (await store.FindAsync((await store.SaveAsync(run, tested, default)).Id, default))!;
        var looked = Math.Min(users, PolicyTester.MaximumUsers);
        Assert.Equal((complete, looked, looked / 2), (test.Complete, test.Parts!.Sum(part => part.Count(null)), test.Parts!.Sum(part => part.Approved)));

        // The last page of all, one page of one outcome that lies in several documents, and one behind the end.
        Assert.Equal(tested.Skip(looked - 7).Select(user => user.Email), (await store.UsersAsync(test, null, Math.Max(0, looked - 7), 25, default)).Select(user => user.Email));
        Assert.Equal(
            tested.Where(user => user.Status == TestedStatus.Blocked).Skip(240).Take(600).Select(user => user.Email),
            (await store.UsersAsync(test, TestedStatus.Blocked, 240, 600, default)).Select(user => user.Email));
        Assert.Empty(await store.UsersAsync(test, null, looked, 25, default));
    }

    private sealed class ManyUsers(int count) : GrantQueries.GrantQueriesClient
    {
        public override AsyncUnaryCall<IdentitiesReply> ListIdentitiesAsync(IdentitiesRequest request, Metadata? headers = null, DateTime? deadline = null, CancellationToken cancellationToken = default)
        {
            var reply = new IdentitiesReply();
            var first = request.AfterEmail.Length == 0 ? 0 : int.Parse(request.AfterEmail[1..6]) + 1;
            reply.Identities.AddRange(Enumerable.Range(first, Math.Min(request.Limit, Math.Max(0, count - first))).Select(index => ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(
                new Identity
                {
                    UserId = Guid.NewGuid(),
                    Email = $"u{index:D5}{new string('x', 200)}@{(index % 2 == 0 ? "even" : "odd")}.example.com",
                    IdentityProviderId = Guid.NewGuid(),
                    IdentityProviderType = "oidc",
                    AuthenticatedAt = DateTimeOffset.UnixEpoch,
                },
                ConfigurationJson.Default.Identity))));
            return new AsyncUnaryCall<IdentitiesReply>(Task.FromResult(reply), Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }
    }
}
