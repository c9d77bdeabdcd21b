using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.ServiceTokens;

[Collection(ConfigCollection.Name)]
public sealed class ServiceTokenRotationTests(ConfigHost host)
{
    private static readonly DateTimeOffset s_now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly ServiceToken s_token = new() { Id = Guid.NewGuid(), Name = "machine", ClientId = "c", SecretHash = "old", ClientSecretVersion = 3, Duration = "8760h" };

    [Fact]
    public async Task Put_WithAGreaterVersion_RotatesAndShowsTheNewSecret()
    {
        var path = $"{Access}/service_tokens";
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", path, """{"name":"by version","client_secret_version":7}""");
        Assert.Equal(7, (int)made["client_secret_version"]!);
        var id = (string)made["id"]!;
        var until = DateTimeOffset.UtcNow.AddDays(1).ToString("O");
        var rotated = await host.Api.Must(HttpStatusCode.OK, "PUT", $"{path}/{id}", $$"""{"name":"by version","client_secret_version":8,"previous_client_secret_expires_at":"{{until}}"}""");
        Assert.StartsWith("mo_st_", (string)rotated["client_secret"]!, StringComparison.Ordinal);
        Assert.NotEqual((string)made["client_secret"]!, (string)rotated["client_secret"]!);
        Assert.Equal((8, DateTimeOffset.Parse(until)), ((int)rotated["client_secret_version"]!, (DateTimeOffset)rotated["previous_client_secret_expires_at"]!));

        // The same once more changes nothing and shows no secret.
        var again = await host.Api.Must(HttpStatusCode.OK, "PUT", $"{path}/{id}", $$"""{"name":"by version","client_secret_version":8,"previous_client_secret_expires_at":"{{until}}"}""");
        Assert.Equal(((long)rotated["version"]!, null), ((long)again["version"]!, again["client_secret"]));
        var read = await host.Api.Must(HttpStatusCode.OK, "GET", $"{path}/{id}");
        Assert.Equal("service_token_rotated", (string)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{path}/{id}/versions"))[0]!["event"]!);
        Assert.Null(read["client_secret"]);
        Assert.Equal("/client_secret_version", (string)(await host.Api.Call("PUT", $"{path}/{id}", """{"name":"by version","client_secret_version":7}""")).Body["errors"]![0]!["source"]!["pointer"]!);
    }

    [Fact]
    public void Change_WithoutMembers_LeavesTheSecretsAsTheyAre() => Assert.Equal(s_token, Change(s_token, "{}"));

    [Fact]
    public void Change_OfTheTimeAlone_ExtendsOrEndsThePreviousSecret()
    {
        var token = s_token with { PreviousSecretHash = "older", PreviousSecretExpiresAt = s_now.AddHours(1) };
        Assert.Equal(token with { PreviousSecretExpiresAt = s_now.AddHours(5) }, Change(token, """{"previous_client_secret_expires_at":"2030-01-01T05:00:00Z"}"""));
        Assert.Equal(token with { PreviousSecretHash = null, PreviousSecretExpiresAt = s_now.AddHours(-1) }, Change(token, """{"previous_client_secret_expires_at":"2029-12-31T23:00:00Z"}"""));
        Assert.Null(Change(token, """{"previous_client_secret_expires_at":null}""").PreviousSecretHash);
    }

    [Fact]
    public void Change_ToAGreaterVersion_KeepsTheSecretBeforeForItsTimeAlone()
    {
        var token = s_token with { PreviousSecretHash = "older", PreviousSecretExpiresAt = s_now.AddHours(1) };
        var rotated = Change(token, """{"client_secret_version":4,"previous_client_secret_expires_at":"2030-01-02T00:00:00Z"}""");
        Assert.Equal((ServiceTokenSecret.Hash("new"), "old", s_now.AddDays(1), 4), (rotated.SecretHash, rotated.PreviousSecretHash, rotated.PreviousSecretExpiresAt, rotated.ClientSecretVersion));
        Assert.Null(Change(token, """{"client_secret_version":4}""").PreviousSecretHash);
    }

    [Theory]
    [InlineData("""{"client_secret_version":2}""", "/client_secret_version")]
    [InlineData("""{"client_secret_version":"4"}""", "/client_secret_version")]
    [InlineData("""{"client_secret_version":4,"previous_client_secret_expires_at":"2031-01-01T00:00:00Z"}""", "/previous_client_secret_expires_at")]
    [InlineData("""{"previous_client_secret_expires_at":"soon"}""", "/previous_client_secret_expires_at")]
    public void Change_ToWhatCannotBe_IsRefused(string body, string pointer)
    {
        var (reader, errors) = FieldContract.Read(JsonNode.Parse(body)!);
        ServiceTokenRotation.Change(reader, s_token, "new", s_now);
        FieldContract.AssertRefused(errors, pointer);
    }

    private static ServiceToken Change(ServiceToken token, string body)
    {
        var (reader, errors) = FieldContract.Read(JsonNode.Parse(body)!);
        var changed = ServiceTokenRotation.Change(reader, token, "new", s_now);
        Assert.Empty(errors);
        return changed;
    }
}
