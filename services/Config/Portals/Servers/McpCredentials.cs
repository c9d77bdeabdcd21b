using System.Text.Json;
using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.Portals.Servers;

/// <summary><c>auth_credentials</c> of a body: a plain text, or an object, which the original writes into a text.</summary>
/// <param name="Text">The plain text; empty for an object.</param>
/// <param name="Object">A reader of the object; null for a plain text.</param>
internal sealed record McpCredentials(string Text, BodyReader? Object)
{
    public const string Member = "auth_credentials";

    private const int Longest = 65_536;

    /// <summary>Null when the body says nothing.</summary>
    public static McpCredentials? Read(BodyReader body)
    {
        if (body.IsObject(Member))
        {
            return new McpCredentials("", body.Nested(Member));
        }

        if (body.OptionalSecret(Member, Longest) is not { Length: > 0 } text)
        {
            return null;
        }

        if (!text.TrimStart().StartsWith('{'))
        {
            return new McpCredentials(text, null);
        }

        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return new McpCredentials("", new BodyReader(document.RootElement.Clone(), body.Errors, $"/{Member}"));
        }
        catch (JsonException)
        {
            body.Refuse(Member, "auth_credentials begins like a JSON object and is none");
            return null;
        }
    }
}
