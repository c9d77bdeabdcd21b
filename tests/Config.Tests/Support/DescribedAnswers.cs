using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Config.Tests.Support;

/// <summary>
/// Notes at the service, for every call of every test, which route answered and which parameters of the query were read there that the route does not
/// describe; the client of the tests then holds the answer against the OpenAPI document.
/// </summary>
internal sealed class DescribedAnswers : IStartupFilter
{
    private const string Route = "Test-Route";
    private const string Undescribed = "Test-Undescribed";

    // Every write has these; a GET's filters look for them too.
    private static readonly HashSet<string> s_everywhere = ["dry_run", "wait", "timeout"];

    // One for all hosts, which say the same; a node makes its parts when it is asked for them, so one at a time.
    private static readonly Lock s_lock = new();
    private static JsonNode? s_document;

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            var query = new NotingQuery(context.Request.Query);
            context.Features.Set<IQueryFeature>(new QueryFeature(query));
            context.Response.OnStarting(() =>
            {
                if (context.GetEndpoint() is RouteEndpoint endpoint)
                {
                    context.Response.Headers[Route] = PathOf(endpoint);
                    var described = endpoint.Metadata.GetOrderedMetadata<DescribedParameter>().Select(parameter => parameter.Name).ToHashSet();
                    context.Response.Headers[Undescribed] = string.Join(',', query.Read.Where(name => !described.Contains(name) && !s_everywhere.Contains(name) && !(name == "page" && described.Contains("cursor"))));
                }

                return Task.CompletedTask;
            });
            await rest();
        });
        next(app);
    };

    /// <summary>Fails where the answer is not what the document says of it.</summary>
    public static async Task CheckAsync(HttpRequestMessage request, HttpResponseMessage answer, Func<string> text)
    {
        var path = answer.Headers.TryGetValues(Route, out var routes) ? routes.First() : "";
        if (!path.StartsWith("/client/v4/", StringComparison.Ordinal) || path.Contains('*', StringComparison.Ordinal))
        {
            return;
        }

        var undescribed = answer.Headers.GetValues(Undescribed).First();
        Assert.True(undescribed.Length == 0, $"{request.Method} {path} reads parameters that it does not describe: {undescribed}");
        if (!answer.IsSuccessStatusCode || answer.Content.Headers.ContentType?.MediaType != "application/json")
        {
            return;
        }

        var body = JsonNode.Parse(await answer.Content.ReadAsStringAsync());
        IReadOnlyList<string> problems;
        lock (s_lock)
        {
            var document = s_document ??= JsonNode.Parse(text())!;
            var schema = document["paths"]![path]![request.Method.Method.ToLowerInvariant()]!["responses"]!["2XX"]!["content"]!["application/json"]!["schema"];
            problems = SchemaCheck.Problems(document, schema, body);
        }

        Assert.True(problems.Count == 0, $"{request.Method} {path} answers what is not described:\n{string.Join('\n', problems.Take(20))}");
    }

    private static string PathOf(RouteEndpoint endpoint) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
    {
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
        Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => parameter.IsCatchAll ? "*" : $"{{{parameter.Name}}}",
        _ => "",
    }))));

    private sealed class NotingQuery(IQueryCollection query) : IQueryCollection
    {
        private readonly HashSet<string> _read = [];

        public IReadOnlyCollection<string> Read => _read;

        public int Count => query.Count;

        public ICollection<string> Keys => query.Keys;

        public StringValues this[string key] => query[Noted(key)];

        public bool ContainsKey(string key) => query.ContainsKey(Noted(key));

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out StringValues value) => query.TryGetValue(Noted(key), out value);

        public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => query.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        private string Noted(string key)
        {
            lock (_read)
            {
                _read.Add(key);
            }

            return key;
        }
    }
}
