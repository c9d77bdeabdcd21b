using System.Security.Cryptography;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>The style sheets, the script and the icon, served from memory; their addresses change with their content, so they are kept for a year.</summary>
public static class AssetFiles
{
    private static readonly Dictionary<string, Asset> s_files = new(StringComparer.Ordinal);

    public static readonly string Design = Add("design.css", "text/css; charset=utf-8");
    public static readonly string Dashboard = Add("dashboard.css", "text/css; charset=utf-8");
    public static readonly string Script = Add("dashboard.js", "text/javascript; charset=utf-8");
    public static readonly string Icon = Add("icon.svg", "image/svg+xml");

    /// <summary><c>/assets/{version}/{name}</c>: open to everybody, for there is nothing in them.</summary>
    public static void MapAssets(this IEndpointRouteBuilder app)
        => app.MapGet("/assets/{version}/{name}", (string version, string name, HttpContext context) =>
        {
            if (!s_files.TryGetValue(name, out var file))
            {
                return Results.NotFound();
            }

            context.Response.Headers.CacheControl = version == file.Version ? "public, max-age=31536000, immutable" : "no-cache";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            return Results.Bytes(file.Content, file.Type);
        });

    private static string Add(string name, string type)
    {
        using var stream = typeof(AssetFiles).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"{name} is not embedded.");
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        var version = Convert.ToHexStringLower(SHA256.HashData(content).AsSpan(0, 6));
        s_files[name] = new Asset(content, type, version);
        return $"/assets/{version}/{name}";
    }

    private sealed record Asset(byte[] Content, string Type, string Version);
}
