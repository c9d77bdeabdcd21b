using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Access;
using Microsoft.AspNetCore.DataProtection;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What was just done, shown once on the next page.</summary>
/// <param name="Message">In a sentence.</param>
/// <param name="Call">The API request that did it; null where it is too large to be carried along.</param>
public sealed record Flash(string Message, ApiCall? Call)
{
    /// <summary>What takes it back; null where nothing does.</summary>
    public Undo? Undo { get; init; }
}

/// <summary>Carries a <see cref="Flash"/> over the redirect that follows a form, in a sealed cookie of a minute. Answers of the API, and with them secrets, are never in it.</summary>
public sealed class Flashes(IDataProtectionProvider protection)
{
    private const string Cookie = "Flash";
    private const int LongestCookie = 3500;
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(1);
    private readonly IDataProtector _protector = protection.CreateProtector("dashboard.flash");

    /// <summary>Redirects to a page that says what was done.</summary>
    public IResult Redirect(HttpContext context, string target, string message, ApiCall? call = null, Undo? undo = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        var sealedFlash = Seal(new Flash(message, call?.WithoutSecrets()) { Undo = undo });
        if (sealedFlash.Length > LongestCookie)
        {
            sealedFlash = Seal(new Flash(message, null) { Undo = undo });
        }

        context.Response.Cookies.Append(DashboardCookies.Name(context, Cookie), sealedFlash, DashboardCookies.Attributes(context, s_lifetime));
        return new SeeOther(target);
    }

    /// <summary>The flash of this request, which is not shown again.</summary>
    public Flash? Take(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var name = DashboardCookies.Name(context, Cookie);
        if (!HttpMethods.IsGet(context.Request.Method) || context.Request.Cookies[name] is not { Length: > 0 and <= LongestCookie } cookie)
        {
            return null;
        }

        context.Response.Cookies.Append(name, "", DashboardCookies.Attributes(context, TimeSpan.Zero));
        return Unseal(cookie);
    }

    private string Seal(Flash flash)
    {
        var json = new JsonObject { ["message"] = flash.Message };
        if (flash.Call is { } call)
        {
            json["method"] = call.Method;
            json["path"] = call.Path;
            json["body"] = call.Body?.DeepClone();
            json["if_match"] = call.IfMatch;
        }

        if (flash.Undo is { } undo)
        {
            json["undo"] = new JsonObject { ["kind"] = undo.Kind, ["id"] = undo.Id, ["version"] = undo.Version, ["if_match"] = undo.IfMatch, ["back"] = undo.Back };
        }

        using var compressed = new MemoryStream();
        using (var brotli = new BrotliStream(compressed, CompressionLevel.Fastest))
        {
            JsonSerializer.Serialize(brotli, json);
        }

        return System.Buffers.Text.Base64Url.EncodeToString(_protector.Protect(compressed.ToArray()));
    }

    private Flash? Unseal(string cookie)
    {
        try
        {
            using var compressed = new MemoryStream(_protector.Unprotect(System.Buffers.Text.Base64Url.DecodeFromChars(cookie)));
            using var brotli = new BrotliStream(compressed, CompressionMode.Decompress);
            var json = JsonNode.Parse(brotli)!.AsObject();
            var call = (string?)json["method"] is { } method ? new ApiCall(method, (string)json["path"]!, json["body"] as JsonObject, (string?)json["if_match"]) : null;
            var undo = json["undo"] is JsonObject back ? new Undo((string)back["kind"]!, (string)back["id"]!, (long)back["version"]!, (string)back["if_match"]!, (string)back["back"]!) : null;
            return new Flash((string)json["message"]!, call) { Undo = undo };
        }
        catch (Exception refused) when (refused is CryptographicException or FormatException)
        {
            // Of a key that is gone: there is nothing to say.
            return null;
        }
    }
}

/// <summary>303: the answer to a form is another page, which is fetched with GET.</summary>
public sealed class SeeOther(string target) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = target;
        return Task.CompletedTask;
    }
}
