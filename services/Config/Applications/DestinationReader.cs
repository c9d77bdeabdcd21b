using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary>Reads where an application is reached: <c>domain</c>, <c>destinations</c>, and the deprecated <c>self_hosted_domains</c>.</summary>
public static class DestinationReader
{
    private const int MaximumDestinations = 50;
    private const int LongestAddress = 255;
    private const int LongestServerId = 64;

    /// <summary>Whether the body says anything about addresses.</summary>
    public static bool IsGiven(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        return reader.Has("domain") || reader.Has("destinations") || reader.Has("self_hosted_domains");
    }

    /// <summary>The main address: <c>domain</c>, or the first public destination when there is no <c>domain</c>.</summary>
    public static string Domain(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (!reader.Has("domain"))
        {
            for (var index = 0; index < reader.Items("destinations", int.MaxValue).Count; index++)
            {
                var first = reader.Item("destinations", index, reader.Items("destinations", int.MaxValue)[index]);
                if (first.IsText("type", "public") && PublicAddress.TryParse(first.PlainText("uri"), out var address, out _))
                {
                    return address.ToString();
                }
            }
        }

        return Address(reader, "domain", reader.RequiredText("domain", LongestAddress));
    }

    /// <summary>The further addresses. <c>self_hosted_domains</c> counts only where <c>destinations</c> is not given, as in the original.</summary>
    public static IReadOnlyList<Destination> Read(BodyReader reader, ApplicationType type, string domain)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (type == ApplicationType.SelfHosted && (!reader.Has("destinations") || reader.IsNull("destinations")))
        {
            return [.. reader.Texts("self_hosted_domains", MaximumDestinations, LongestAddress)
                .Select(text => Address(reader, "self_hosted_domains", text))
                .Where(address => address != domain)
                .Select(address => new Destination("public", address))];
        }

        var destinations = new List<Destination>();
        foreach (var (item, index) in reader.Items("destinations", MaximumDestinations).Select((item, index) => (item, index)))
        {
            if (Read(reader.Item("destinations", index, item), type) is { } destination)
            {
                destinations.Add(destination);
            }
        }

        return destinations;
    }

    private static Destination? Read(BodyReader destination, ApplicationType type)
    {
        var kind = destination.RequiredText("type", 40);
        if (type == ApplicationType.Mcp)
        {
            if (kind == "via_mcp_server_portal")
            {
                return new Destination(kind, "") { McpServerId = destination.RequiredText("mcp_server_id", LongestServerId) };
            }

            destination.Refuse("type", "the destinations of an mcp application are of type via_mcp_server_portal");
            return null;
        }

        if (kind == "public")
        {
            return new Destination(kind, Address(destination, "uri", destination.RequiredText("uri", LongestAddress)));
        }

        destination.Refuse("type", "destinations of type public are served: there is no private network, worker or portal behind this one");
        return null;
    }

    private static string Address(BodyReader reader, string member, string text)
    {
        if (text.Length == 0)
        {
            return text;
        }

        if (PublicAddress.TryParse(text, out var address, out var reason))
        {
            return address.ToString();
        }

        reader.Refuse(member, reason);
        return text;
    }
}
