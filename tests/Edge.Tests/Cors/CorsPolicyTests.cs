using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Cors;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Edge.Tests.Cors;

public class CorsPolicyTests
{
    [Fact]
    public void Preflight_OfAnAllowedOrigin_GetsWhatIsConfigured()
    {
        var response = Preflight(new CorsHeaders { AllowedOrigins = ["https://ui.test"], AllowedMethods = ["GET", "POST"], AllowedHeaders = ["authorization"], AllowCredentials = true, MaxAge = 60 });

        Assert.Equal("https://ui.test", response.AccessControlAllowOrigin);
        Assert.Equal("GET, POST", response.AccessControlAllowMethods);
        Assert.Equal("authorization", response.AccessControlAllowHeaders);
        Assert.Equal("true", response.AccessControlAllowCredentials);
        Assert.Equal("60", response.AccessControlMaxAge);
        Assert.Contains("Origin", response.Vary.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Preflight_OfAnotherOrigin_GetsNothing()
        => Assert.Equal(0, Preflight(new CorsHeaders { AllowedOrigins = ["https://else.test"], AllowAllMethods = true }).AccessControlAllowOrigin.Count);

    [Fact]
    public void AllOrigins_NeverGoTogetherWithCredentials()
    {
        var response = Preflight(new CorsHeaders { AllowAllOrigins = true, AllowCredentials = true, AllowAllHeaders = true, AllowAllMethods = true });

        Assert.Equal("*", response.AccessControlAllowOrigin);
        Assert.Equal(0, response.AccessControlAllowCredentials.Count);
        Assert.Equal("DELETE", response.AccessControlAllowMethods);
        Assert.Equal("x-mine", response.AccessControlAllowHeaders);
    }

    [Fact]
    public void Answer_ExposesWhatAClientMustRead()
    {
        IHeaderDictionary response = new HeaderDictionary();
        new CorsPolicy(new CorsHeaders { AllowedOrigins = ["https://ui.test"] }).WriteAnswer("https://ui.test", response);

        Assert.Contains("WWW-Authenticate", response.AccessControlExposeHeaders.ToString(), StringComparison.Ordinal);
    }

    private static IHeaderDictionary Preflight(CorsHeaders settings)
    {
        IHeaderDictionary response = new HeaderDictionary();
        new CorsPolicy(settings).WritePreflight(
            new HeaderDictionary { ["Origin"] = "https://ui.test", ["Access-Control-Request-Method"] = "DELETE", ["Access-Control-Request-Headers"] = "x-mine" }, response);
        return response;
    }
}
