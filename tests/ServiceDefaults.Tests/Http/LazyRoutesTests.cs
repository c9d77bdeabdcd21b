using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.ServiceDefaults.Tests.Http;

public class LazyRoutesTests
{
    [Fact]
    public async Task Routes_AnswerByMethod_WithParametersServicesAndFilters()
    {
        await using var app = await StartAsync(routes =>
        {
            var group = routes.MapGroup("/things").AddEndpointFilter(async (context, next) =>
            {
                context.HttpContext.Response.Headers["X-Filtered"] = "yes";
                return await next(context);
            });
            group.MapGet("/{id:int}", (int id, Greeting greeting) => $"{greeting.Text} {id}");
            group.MapPost("/", (Thing thing) => Results.Json(thing with { Name = thing.Name + "!" }));
            group.MapPut("/{id:int}", (int id) => $"put {id}");
            group.MapPatch("/{id:int}", (int id) => $"patch {id}");
            group.MapDelete("/{id:int}", (int id) => Results.NoContent());
            group.MapMethods("/both", ["GET", "POST"], () => "both");
        });
        using var http = Client(app);
        using var got = await http.GetAsync("/things/7");
        Assert.Equal(("hello 7", "yes"), (await got.Content.ReadAsStringAsync(), got.Headers.GetValues("X-Filtered").Single()));
        Assert.Equal("tea!", (await (await http.PostAsJsonAsync("/things/", new Thing("tea"))).Content.ReadFromJsonAsync<Thing>())!.Name);
        Assert.Equal("put 1", await (await http.PutAsync("/things/1", null)).Content.ReadAsStringAsync());
        Assert.Equal("patch 1", await (await http.PatchAsync("/things/1", null)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NoContent, (await http.DeleteAsync("/things/1")).StatusCode);
        Assert.Equal("both", await (await http.PostAsync("/things/both", null)).Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await http.DeleteAsync("/things/both")).StatusCode);
    }

    [Fact]
    public async Task FirstRequests_AtOnce_AreAllAnswered()
    {
        await using var app = await StartAsync(routes => routes.MapGet("/{id:int}", (int id) => $"{id}"));
        using var http = Client(app);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(id => http.GetStringAsync($"/{id}")));
        Assert.Equal(Enumerable.Range(0, 50).Select(id => $"{id}"), answers);
    }

    [Fact]
    public async Task HandlerThatCannotBeCalled_StopsTheStart()
    {
        await using var app = WebApplication.CreateSlimBuilder().Build();
        IEndpointRouteBuilder routes = app;
        routes.MapGet("/{id:int}", ([AsParameters] IThing thing) => "never");
        Assert.ThrowsAny<Exception>(() => routes.BuildEndpoints());
    }

    private static async Task<WebApplication> StartAsync(Action<IEndpointRouteBuilder> map)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Services.AddSingleton(new Greeting("hello"));
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }

    private static HttpClient Client(WebApplication app) => new() { BaseAddress = new Uri(app.Urls.Single()) };

    private sealed record Greeting(string Text);

    private sealed record Thing(string Name);

    private interface IThing;
}
