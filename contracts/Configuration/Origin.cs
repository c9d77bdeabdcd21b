namespace ManagedOAuth.Contracts.Configuration;

/// <summary>Where an application really is and how it is reached (our extension of the application object).</summary>
public sealed record Origin
{
    /// <summary>Absolute http or https URL without credentials; its path, if any, is put before the request's.</summary>
    public required string Url { get; init; }

    /// <summary>Time without any progress after which a request is given up; Go's duration syntax.</summary>
    public string ActivityTimeout { get; init; } = "100s";

    public string ConnectTimeout { get; init; } = "5s";

    /// <summary>Send the public host name instead of the origin's own.</summary>
    public bool PreserveHost { get; init; } = true;

    /// <summary>Accept any certificate of an https origin. Only for origins that cannot do better.</summary>
    public bool NoTlsVerify { get; init; }

    /// <summary>Pass the client's access token on to the origin; off, because a token that leaks there opens this application.</summary>
    public bool PassBearer { get; init; }
}

/// <summary>How preflights and cross-origin requests are answered at the edge.</summary>
public sealed record CorsHeaders
{
    public bool AllowAllHeaders { get; init; }

    public bool AllowAllMethods { get; init; }

    public bool AllowAllOrigins { get; init; }

    public bool AllowCredentials { get; init; }

    public IReadOnlyList<string> AllowedHeaders { get; init; } = [];

    public IReadOnlyList<string> AllowedMethods { get; init; } = [];

    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Seconds a browser may keep the answer; -1 = not at all.</summary>
    public int? MaxAge { get; init; }
}
