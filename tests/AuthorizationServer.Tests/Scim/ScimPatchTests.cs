using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim;
using ManagedOAuth.AuthorizationServer.Scim.Patching;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>PATCH as RFC 7644 §3.5.2 has it, and as Entra and Okta write it.</summary>
public sealed class ScimPatchTests
{
    private const string Enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    [Theory]
    [InlineData("Entra: capital letters", """{"op":"Replace","path":"active","value":"False"}""", """{"userName":"a","active":"False"}""")]
    [InlineData("Okta: no path", """{"op":"replace","value":{"active":false}}""", """{"userName":"a","active":false}""")]
    [InlineData("Entra: no path, dotted names", """{"op":"Add","value":{"name.givenName":"B","displayName":"X"}}""", """{"userName":"a","name":{"givenName":"B"},"displayName":"X"}""")]
    [InlineData("Entra: a value that is not there yet", """{"op":"Add","path":"emails[type eq \"work\"].value","value":"w@x.test"}""", """{"userName":"a","emails":[{"type":"work","value":"w@x.test"}]}""")]
    [InlineData("no path, a filtered name", """{"op":"Replace","value":{"emails[type eq \"work\"].value":"w@x.test"}}""", """{"userName":"a","emails":[{"type":"work","value":"w@x.test"}]}""")]
    [InlineData("name in other letters", """{"op":"replace","path":"USERNAME","value":"b"}""", """{"userName":"b"}""")]
    [InlineData("core URN", """{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:userName","value":"b"}""", """{"userName":"b"}""")]
    [InlineData("remove", """{"op":"remove","path":"userName"}""", """{}""")]
    [InlineData("remove what is not there", """{"op":"remove","path":"emails[type eq \"home\"]"}""", """{"userName":"a"}""")]
    public void Operation_IsApplied(string why, string operation, string expected)
    {
        var resource = new JsonObject { ["userName"] = "a" };
        Apply(resource, operation);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), resource), $"{why}: {resource.ToJsonString()}");
    }

    [Fact]
    public void Extension_IsReachedByItsUrn()
    {
        var resource = new JsonObject();
        Apply(resource, $$"""{"op":"Add","path":"{{Enterprise}}:department","value":"R&D"}""");
        Apply(resource, $$$"""{"op":"Add","value":{"{{{Enterprise}}}":{"costCenter":"7"},"{{{Enterprise}}}:division":"N"}}""");
        Assert.Equal("""{"department":"R&D","costCenter":"7","division":"N"}""", resource[Enterprise]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public void Values_AreAddedOnce_ChangedAndRemovedByFilter()
    {
        var resource = new JsonObject();
        Apply(resource, """{"op":"add","path":"emails","value":[{"type":"work","value":"a@x.test"}]}""");
        Apply(resource, """{"op":"add","path":"emails","value":[{"type":"work","value":"a@x.test"},{"type":"home","value":"h@x.test"}]}""");
        Apply(resource, """{"op":"replace","path":"emails[type eq \"home\" and value ew \"x.test\"].value","value":"n@x.test"}""");
        Assert.Equal("""[{"type":"work","value":"a@x.test"},{"type":"home","value":"n@x.test"}]""", resource["emails"]!.ToJsonString());
        Apply(resource, """{"op":"remove","path":"emails[type eq \"work\"]"}""");
        Assert.Equal("""[{"type":"home","value":"n@x.test"}]""", resource["emails"]!.ToJsonString());
    }

    [Theory]
    [InlineData("""{}""", "invalidSyntax")]
    [InlineData("""{"Operations":[]}""", "invalidSyntax")]
    [InlineData("""{"Operations":[{"op":"move","path":"a"}]}""", "invalidSyntax")]
    [InlineData("""{"Operations":[{"op":"1","path":"a"}]}""", "invalidSyntax")]
    [InlineData("""{"Operations":[{"op":"remove"}]}""", "noTarget")]
    [InlineData("""{"Operations":[{"op":"add","value":"x"}]}""", "invalidValue")]
    [InlineData("""{"Operations":[{"op":"add","path":"a b","value":"x"}]}""", "invalidPath")]
    [InlineData("""{"Operations":[{"op":"add","path":"emails[type eq]","value":"x"}]}""", "invalidFilter")]
    [InlineData("""{"Operations":[{"op":"add","path":"emails[type eq \"work\"","value":"x"}]}""", "invalidPath")]
    public void Body_ThatIsNoPatch_IsRefused(string body, string type)
        => Assert.Equal(type, Assert.Throws<ScimException>(() => ScimOperation.Read(JsonDocument.Parse(body).RootElement)).ScimType);

    [Fact]
    public void Members_AreAddedRemovedAndReplaced_InEveryDialect()
    {
        var (a, b, c) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        var draft = new ScimGroupDraft(new ScimGroup { DisplayName = "eng" }, [a]);
        Apply(draft, $$"""{"op":"Add","path":"members","value":[{"value":"{{b}}"}]}""");
        Apply(draft, $$$"""{"op":"add","value":{"members":[{"value":"{{{c}}}"},{"value":"{{{a}}}"}]}}""");
        Assert.Equal(new[] { b, c }.Order(), draft.Added.Order());
        Apply(draft, $$"""{"op":"remove","path":"members[value eq \"{{a}}\"]"}""");
        Apply(draft, $$"""{"op":"Remove","path":"members","value":[{"value":"{{b}}"}]}""");
        Assert.Equal([c], draft.Added);
        Assert.Equal([a], draft.Removed);
        Apply(draft, $$"""{"op":"replace","path":"members","value":[{"value":"{{a}}"}]}""");
        Assert.Empty(draft.Added);
        Assert.Empty(draft.Removed);
        Apply(draft, """{"op":"remove","path":"members"}""");
        Assert.Equal([a], draft.Removed);
        Apply(draft, """{"op":"replace","value":{"id":"x","displayName":"engineers"}}""");
        Assert.True(draft.IsRenamed);
        Assert.Throws<ScimException>(() => Apply(draft, """{"op":"add","path":"members","value":[{"value":"nobody"}]}"""));
        Assert.Throws<ScimException>(() => Apply(draft, """{"op":"remove","path":"displayName"}"""));
    }

    [Theory]
    [InlineData("""{"userName":"Alice@Example.com"}""", "alice@example.com", true)]
    [InlineData("""{"userName":"alice","emails":[{"value":"H@x.test","type":"home"},{"value":"W@x.test","type":"work"}]}""", "w@x.test", true)]
    [InlineData("""{"userName":"alice","emails":[{"value":"w@x.test","type":"work"},{"value":"p@x.test","primary":true}],"active":"False"}""", "p@x.test", false)]
    [InlineData("""{"userName":"alice"}""", null, true)]
    public void User_IsKnownByOneAddress(string json, string? email, bool active)
    {
        var state = ScimUserReader.Read(Guid.NewGuid(), JsonNode.Parse(json)!.AsObject());
        Assert.Equal((email, active), (state.Email, state.Active));
    }

    [Fact]
    public void User_KeepsNoPassword()
        => Assert.DoesNotContain("hunter2", ScimUserReader.Read(Guid.NewGuid(), JsonNode.Parse("""{"userName":"a","Password":"hunter2"}""")!.AsObject()).Attributes.GetRawText(), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"op":"replace","path":"password","value":"hunter2"}""")]
    [InlineData("""{"OP":"replace","Path":"urn:ietf:params:scim:schemas:core:2.0:User:Password","Value":"hunter2"}""")]
    [InlineData("""{"op":"replace","path":"password","value":null,"VALUE":{"deep":"hunter2"}}""")]
    [InlineData("""{"op":"add","value":{"PassWord":"hunter2"}}""")]
    [InlineData("""{"op":"add","Value":[{"userPassword":["hunter2"]}]}""")]
    public void Log_KeepsNoPassword(string operation)
        => Assert.DoesNotContain("hunter2", ScimLogText.Of(JsonDocument.Parse($$"""{"Operations":[{{operation}}]}""").RootElement), StringComparison.Ordinal);

    private static void Apply(JsonObject resource, string operation)
    {
        foreach (var one in Read(operation))
        {
            ScimPatcher.Apply(resource, one);
        }
    }

    private static void Apply(ScimGroupDraft draft, string operation)
    {
        foreach (var one in Read(operation))
        {
            draft.Apply(one);
        }
    }

    private static IReadOnlyList<ScimOperation> Read(string operation) => ScimOperation.Read(JsonDocument.Parse($$"""{"Operations":[{{operation}}]}""").RootElement);
}
