using System.Collections.Frozen;
using System.Globalization;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Cors;

/// <summary>The <c>cors_headers</c> of an application: how the edge answers preflights, and what pages of other origins may read of its own refusals.</summary>
internal sealed class CorsPolicy
{
    // What a page must read to follow a challenge, and to keep an MCP session.
    private static readonly StringValues s_exposed = "WWW-Authenticate, Mcp-Session-Id";
    private readonly CorsHeaders _settings;
    private readonly FrozenSet<string> _origins;
    private readonly StringValues _methods;
    private readonly StringValues _headers;

    public CorsPolicy(CorsHeaders settings)
    {
        _settings = settings;
        _origins = settings.AllowedOrigins.ToFrozenSet(StringComparer.OrdinalIgnoreCase);
        _methods = string.Join(", ", settings.AllowedMethods);
        _headers = string.Join(", ", settings.AllowedHeaders);
    }

    /// <summary>Whether pages of this origin may send cookies along and read the answer.</summary>
    public bool AllowsWithCredentials(string origin) => _settings.AllowCredentials && _origins.Contains(origin);

    /// <summary>Adds the permission for an ordinary answer; nothing when the origin has none.</summary>
    public void WriteAnswer(string origin, IHeaderDictionary response)
    {
        if (WriteOrigin(origin, response))
        {
            response.AccessControlExposeHeaders = s_exposed;
        }
    }

    /// <summary>Adds what a preflight asked for, as far as it is allowed (Fetch standard, CORS-preflight request).</summary>
    public void WritePreflight(IHeaderDictionary request, IHeaderDictionary response)
    {
        if (!WriteOrigin(request.Origin.ToString(), response))
        {
            return;
        }

        // With credentials a star would be taken as a name, so what was asked for is echoed.
        response.AccessControlAllowMethods = _settings.AllowAllMethods ? request.AccessControlRequestMethod : _methods;
        response.AccessControlAllowHeaders = _settings.AllowAllHeaders ? request.AccessControlRequestHeaders : _headers;
        if (_settings.MaxAge is { } seconds)
        {
            response.AccessControlMaxAge = seconds.ToString(CultureInfo.InvariantCulture);
        }
    }

    // "All origins" never goes with credentials: every page of the world could read what the user can.
    private bool WriteOrigin(string origin, IHeaderDictionary response)
    {
        response.Append("Vary", "Origin");
        var named = _origins.Contains(origin);
        if (!named && !_settings.AllowAllOrigins)
        {
            return false;
        }

        response.AccessControlAllowOrigin = named ? origin : "*";
        if (named && _settings.AllowCredentials)
        {
            response.AccessControlAllowCredentials = "true";
        }

        return true;
    }
}
