using System.Net;
using System.Net.Http.Json;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Tests.ServiceIdentity;

public class EdgeRequestsTests
{
    private static readonly ServiceKeys s_keys = new("edge", "token", "config");
    private static readonly Guid s_application = Guid.Parse("0198a000-0000-7000-8000-000000000001");

    [Fact]
    public async Task Request_FromEdge_CarriesItsFacts()
    {
        await using var service = await StartAsync();
        using var request = FromEdge("edge");
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        using var response = await service.Client.SendAsync(request);
        var facts = await response.Content.ReadFromJsonAsync<Dictionary<string, string>>();
        Assert.NotNull(facts);
        Assert.Equal(s_application.ToString(), facts["application"]);
        Assert.Equal("http://localhost:8700", facts["origin"]);
        Assert.Equal("203.0.113.7", facts["client"]);
        Assert.Equal("0af7651916cd43dd8448eb211c80319c", facts["flow"]);
    }

    [Fact]
    public async Task Request_AtTeamDomain_HasNoApplication()
    {
        await using var service = await StartAsync();
        using var request = FromEdge("edge", application: "");
        using var response = await service.Client.SendAsync(request);
        var facts = await response.Content.ReadFromJsonAsync<Dictionary<string, string>>();
        Assert.Equal("", facts!["application"]);
    }

    [Fact]
    public async Task Request_WithoutCredential_IsForbidden()
    {
        await using var service = await StartAsync();
        using var request = FromEdge("edge");
        request.Headers.Remove(ServiceCredential.Header);
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Request_FromAnotherService_IsForbidden()
    {
        await using var service = await StartAsync();
        using var request = FromEdge("config");
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Request_WithCredentialForAnotherService_IsForbidden()
    {
        await using var service = await StartAsync();
        using var request = FromEdge("edge", audience: "config");
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Request_ClaimingToBeGrpc_IsForbidden()
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new("application/grpc");
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData(EdgeRequestHeaders.Origin, "localhost:8700")]
    [InlineData(EdgeRequestHeaders.Origin, "http://localhost:8700/path")]
    [InlineData(EdgeRequestHeaders.Origin, "javascript:alert(1)")]
    [InlineData(EdgeRequestHeaders.Client, "somewhere")]
    [InlineData(EdgeRequestHeaders.Application, "not-a-uuid")]
    public async Task Request_WithMalformedFact_IsForbidden(string header, string value)
    {
        await using var service = await StartAsync();
        using var request = FromEdge("edge");
        request.Headers.Remove(header);
        request.Headers.Add(header, value);
        Assert.Equal(HttpStatusCode.Forbidden, (await service.Client.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("X-ManagedOAuth-Client", true)]
    [InlineData("x_managedoauth_service", true)]
    [InlineData("X.ManagedOAuth-Origin", true)]
    [InlineData("X-ManagedOAuthor", false)]
    [InlineData("X-Forwarded-For", false)]
    public void IsReserved_AnySpelling_IsRecognised(string name, bool expected) =>
        Assert.Equal(expected, EdgeRequestHeaders.IsReserved(name));

    private static HttpRequestMessage FromEdge(string sender, string? application = null, string audience = "token")
    {
        var credentials = new ServiceCredentials(
            new ServiceName(sender), Options.Create(new ServiceIdentityOptions { KeyFile = s_keys.PrivateFile(sender) }), TimeProvider.System);
        var request = new HttpRequestMessage(HttpMethod.Get, "/");
        foreach (var (name, value) in EdgeRequestHeaders.Write(
            credentials.For(audience), application == "" ? null : s_application, "http://localhost:8700", IPAddress.Parse("203.0.113.7")))
        {
            request.Headers.Add(name, value);
        }

        return request;
    }

    private static async Task<TestService> StartAsync()
    {
        var service = await TestService.StartAsync("token", s_keys, map: app =>
        {
            app.UseEdgeRequests();
            app.Run(context =>
            {
                var edge = context.GetEdgeRequest();
                return context.Response.WriteAsJsonAsync(new Dictionary<string, string>
                {
                    ["application"] = edge.ApplicationId?.ToString() ?? "",
                    ["origin"] = edge.PublicOrigin,
                    ["client"] = edge.ClientAddress.ToString(),
                    ["flow"] = edge.FlowId,
                });
            });
        });
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }
}
