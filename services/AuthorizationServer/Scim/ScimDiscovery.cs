using System.Text.Json.Nodes;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>What this service can do (RFC 7643 §5 to §7, RFC 7644 §4).</summary>
public static class ScimDiscovery
{
    private const string ConfigSchema = "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig";
    private const string ResourceTypeSchema = "urn:ietf:params:scim:schemas:core:2.0:ResourceType";
    private const string SchemaSchema = "urn:ietf:params:scim:schemas:core:2.0:Schema";

    public static JsonObject ServiceProviderConfig(string baseUrl) => new()
    {
        ["schemas"] = new JsonArray(ConfigSchema),
        ["patch"] = new JsonObject { ["supported"] = true },
        ["bulk"] = new JsonObject { ["supported"] = false, ["maxOperations"] = 0, ["maxPayloadSize"] = 0 },
        ["filter"] = new JsonObject { ["supported"] = true, ["maxResults"] = ScimSchemas.MaximumPage },
        ["changePassword"] = new JsonObject { ["supported"] = false },
        ["sort"] = new JsonObject { ["supported"] = false },
        ["etag"] = new JsonObject { ["supported"] = true },
        ["authenticationSchemes"] = new JsonArray(new JsonObject
        {
            ["type"] = "oauthbearertoken", ["name"] = "Bearer token", ["description"] = "The SCIM secret of the identity provider", ["primary"] = true,
        }),
        ["meta"] = new JsonObject { ["resourceType"] = "ServiceProviderConfig", ["location"] = baseUrl + "/ServiceProviderConfig" },
    };

    public static IReadOnlyList<JsonObject> ResourceTypes(string baseUrl) =>
    [
        ResourceType("User", "/Users", ScimSchemas.User, baseUrl, new JsonArray(new JsonObject { ["schema"] = ScimSchemas.EnterpriseUser, ["required"] = false })),
        ResourceType("Group", "/Groups", ScimSchemas.Group, baseUrl, []),
    ];

    public static IReadOnlyList<JsonObject> Schemas(string baseUrl) =>
    [
        Schema(ScimSchemas.User, "User", baseUrl, new JsonArray(
            Attribute("userName", required: true, uniqueness: "server"),
            Attribute("externalId", exact: true),
            Attribute("displayName"),
            Attribute("active", "boolean"),
            Complex("name", false, Attribute("formatted"), Attribute("givenName"), Attribute("familyName")),
            Complex("emails", true, Attribute("value"), Attribute("type"), Attribute("primary", "boolean")),
            Complex("groups", true, Attribute("value", mutability: "readOnly"), Attribute("display", mutability: "readOnly")))),
        Schema(ScimSchemas.EnterpriseUser, "EnterpriseUser", baseUrl, new JsonArray(
            Attribute("employeeNumber"), Attribute("costCenter"), Attribute("organization"), Attribute("division"), Attribute("department"))),
        Schema(ScimSchemas.Group, "Group", baseUrl, new JsonArray(
            Attribute("displayName", required: true),
            Attribute("externalId", exact: true),
            Complex("members", true, Attribute("value", mutability: "immutable"), Attribute("display", mutability: "readOnly"), Attribute("type", mutability: "immutable")))),
    ];

    private static JsonObject ResourceType(string name, string endpoint, string schema, string baseUrl, JsonArray extensions) => new()
    {
        ["schemas"] = new JsonArray(ResourceTypeSchema),
        ["id"] = name,
        ["name"] = name,
        ["endpoint"] = endpoint,
        ["schema"] = schema,
        ["schemaExtensions"] = extensions,
        ["meta"] = new JsonObject { ["resourceType"] = "ResourceType", ["location"] = $"{baseUrl}/ResourceTypes/{name}" },
    };

    private static JsonObject Schema(string id, string name, string baseUrl, JsonArray attributes) => new()
    {
        ["schemas"] = new JsonArray(SchemaSchema),
        ["id"] = id,
        ["name"] = name,
        ["attributes"] = attributes,
        ["meta"] = new JsonObject { ["resourceType"] = "Schema", ["location"] = $"{baseUrl}/Schemas/{id}" },
    };

    private static JsonObject Complex(string name, bool many, params JsonNode[] attributes)
    {
        var attribute = Attribute(name, "complex");
        attribute["multiValued"] = many;
        attribute["subAttributes"] = new JsonArray(attributes);
        return attribute;
    }

    private static JsonObject Attribute(
        string name, string type = "string", bool required = false, bool exact = false, string mutability = "readWrite", string uniqueness = "none") => new()
        {
            ["name"] = name,
            ["type"] = type,
            ["multiValued"] = false,
            ["required"] = required,
            ["caseExact"] = exact,
            ["mutability"] = mutability,
            ["returned"] = "default",
            ["uniqueness"] = uniqueness,
        };
}
