using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Objects;

/// <summary>Every documented field of the kinds that are small: groups, service tokens, custom pages, tags and lists.</summary>
[Collection(ConfigCollection.Name)]
public sealed class KindFieldsTests(ConfigHost host)
{
    private static readonly Dictionary<string, DocumentedField[]> s_fields = new()
    {
        ["group"] =
        [
            new("/name", "\"Staff\""),
            new("/include", """[{"email_domain":{"domain":"example.com"}}]"""),
            new("/require", """[{"ip":{"ip":"10.0.0.0/8"}}]"""),
            new("/exclude", """[{"email":{"email":"eve@example.com"}}]"""),
            new("/is_default", "true"),
        ],
        ["service_token"] = [new("/name", "\"CI\""), new("/duration", "\"60m\""), new("/enabled", "false")],
        ["custom_page"] = [new("/name", "\"No\""), new("/type", "\"forbidden\""), new("/custom_html", "\"<p>no</p>\"")],
        ["tag"] = [new("/name", "\"engineers\"")],
        ["list"] = [new("/name", "\"people\""), new("/description", "\"All\""), new("/type", "\"EMAIL\""), new("/items", """[{"value":"alice@example.com","description":"she"}]""")],
    };

    // What the server alone sets, and what is ours.
    private static readonly string[] s_others = ["id", "version", "created_at", "updated_at", "client_id", "expires_at", "client_secret_version", "previous_client_secret_expires_at", "last_seen_at", "previous_secret_expires_at", "uid", "app_count"];

    public static TheoryData<string> Kinds => [.. s_fields.Keys];

    public static TheoryData<string, string, string> WrongTypes
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (kind, fields) in s_fields)
            {
                foreach (var row in FieldContract.WrongTypes(fields))
                {
                    rows.Add(kind, (string)row[0], (string)row[1]);
                }
            }

            return rows;
        }
    }

    /// <summary>What cannot be left out, and what no value of the right type may be.</summary>
    public static TheoryData<string, string, string> WrongValues => new()
    {
        { "group", "/name", "null" },
        { "group", "/name", "\"\"" },
        { "group", "/name", "\" \"" },
        { "group", "/include", "null" },
        { "group", "/include", "[]" },
        { "group", "/include/0", "{}" },
        { "service_token", "/name", "\"\"" },
        { "service_token", "/duration", "\"soon\"" },
        { "service_token", "/duration", "\"1s\"" },
        { "service_token", "/duration", "\"-60m\"" },
        { "service_token", "/duration", "\"900000h\"" },
        { "custom_page", "/name", "\"\"" },
        { "custom_page", "/type", "\"login\"" },
        { "custom_page", "/type", "null" },
        { "custom_page", "/custom_html", "\"\"" },
        { "custom_page", "/custom_html", "\"a\\u0000b\"" },
        { "tag", "/name", "\"\"" },
        { "tag", "/name", "\"a text that is longer than a tag's name may be\"" },
        { "tag", "/name", "\"a\\nb\"" },
        { "list", "/name", "null" },
        { "list", "/type", "\"URL\"" },
        { "list", "/type", "null" },
        { "list", "/items/0/value", "\"bob\"" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void EveryField_IsKept(string kind)
    {
        var (shown, errors) = Put(kind, FieldContract.Whole(s_fields[kind]));
        Assert.Empty(errors);
        if (kind == "list")
        {
            Assert.True(shown!["items"]![0]!.AsObject().Remove("created_at"));
        }

        FieldContract.AssertKept(shown!, s_fields[kind]);
        FieldContract.AssertComplete(shown!, s_fields[kind], s_others);
    }

    [Theory]
    [MemberData(nameof(WrongTypes))]
    public void Field_OfAnotherType_IsRefusedByName(string kind, string pointer, string json)
        => FieldContract.AssertRefused(Put(kind, FieldContract.With(FieldContract.Whole(s_fields[kind]), pointer, json)).Errors, pointer);

    [Theory]
    [MemberData(nameof(WrongValues))]
    public void Field_WithAValueThatCannotBe_IsRefusedWithThePointer(string kind, string pointer, string json)
    {
        var body = FieldContract.Whole(s_fields[kind]);
        if (pointer.Split('/') is [_, var list, "0", .. var member])
        {
            var item = member.Length == 0 ? JsonNode.Parse(json) : new JsonObject { [member[0]] = JsonNode.Parse(json) };
            body[list] = new JsonArray(item);
        }
        else
        {
            body = FieldContract.With(body, pointer, json);
        }

        var errors = Put(kind, body).Errors;
        Assert.Contains(errors, error => error.Source!.Pointer == pointer);
        Assert.All(errors, error => Assert.Equal(12130, error.Code));
        Assert.All(errors, error => Assert.StartsWith("access.api.error.invalid_request: ", error.Message, StringComparison.Ordinal));
    }

    private (JsonNode? Shown, List<ApiError> Errors) Put(string name, JsonObject body)
    {
        var kind = host.Services.GetServices<IObjectKind>().Single(kind => kind.Name == name);
        var (reader, errors) = FieldContract.Read(body);
        var (id, draft) = (Guid.NewGuid(), new ConfigurationDraft(ConfigurationState.Empty));
        kind.Put(reader, id, draft, DateTimeOffset.UtcNow);
        var state = draft.State.Entries.GetValueOrDefault(id)?.State;
        return (state is null ? null : kind.ShowAlone((ConfigurationRecord)state), errors);
    }
}
