using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Queries;

namespace ManagedOAuth.Token.Tests;

public sealed class GrantFilterTests
{
    [Fact]
    public void Search_FindsAPartOfTheAddressOrOfTheClient_AndStandsBesideTheSql()
    {
        var filter = GrantFilter.Of(new ListGrantsRequest { Search = "Ali'--%", Status = "active" });
        Assert.Equal(
            "position(? in lower(concat_ws(' ', data -> 'subject' ->> 'email', data -> 'subject' ->> 'clientId', data -> 'subject' ->> 'clientName'))) > 0 and ((data ->> 'isLive')::boolean)",
            filter.Conditions);
        Assert.Equal(["ali'--%"], filter.Values);
        Assert.Empty(GrantFilter.Of(new ListGrantsRequest()).Values);
    }

    [Fact]
    public void At_TakesNoOtherStateThanThatOfThen_AndSmallerPages()
    {
        var then = Timestamp.FromDateTimeOffset(DateTimeOffset.UnixEpoch.AddDays(1));
        Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => GrantFilter.Of(new ListGrantsRequest { At = then, Status = "ended" })).StatusCode);
        var filter = GrantFilter.Of(new ListGrantsRequest { At = then, Status = "active", Limit = 1000 });
        Assert.Equal((100, DateTimeOffset.UnixEpoch.AddDays(1)), (filter.Limit, filter.At));
        Assert.DoesNotContain("isLive", filter.Conditions, StringComparison.Ordinal);
    }

    [Fact]
    public void Search_ThatIsTooLongOrHasControlCharacters_IsRefused()
    {
        foreach (var text in new[] { new string('a', 257), "a\0" })
        {
            Assert.Equal(StatusCode.InvalidArgument, Assert.Throws<RpcException>(() => GrantFilter.Of(new ListGrantsRequest { Search = text })).StatusCode);
        }
    }
}
