using ManagedOAuth.ServiceDefaults.RateLimits;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Puts limits on endpoints.</summary>
public static class RateLimitExtensions
{
    /// <summary>Adds the <see cref="RateLimiter"/>; needs the hot store.</summary>
    public static IServiceCollection AddRateLimits(this IServiceCollection services)
    {
        services.TryAddSingleton<RateLimiter>();
        return services;
    }

    /// <summary>
    /// Limits an endpoint (or a group). Several limits on one endpoint are asked in the order in which they were added;
    /// the first that is used up answers 429 with <c>Retry-After</c>.
    /// </summary>
    /// <param name="builder">The endpoint.</param>
    /// <param name="limit">How many.</param>
    /// <param name="subject">For whom: <see cref="RateLimitSubjects"/> or the endpoint's own; null = this request is not counted.</param>
    /// <param name="refuse">Writes the body of the refusal: <see cref="RateLimitResponses"/> or the endpoint's own.</param>
    public static TBuilder LimitRate<TBuilder>(
        this TBuilder builder, RateLimit limit, Func<HttpContext, string?> subject, Func<HttpContext, Task> refuse)
        where TBuilder : IEndpointConventionBuilder
    {
        // One wrapper collects all limits of an endpoint: a wrapper each would ask them in reverse.
        builder.Add(endpoint =>
        {
            var limits = endpoint.Metadata.OfType<Limits>().FirstOrDefault();
            if (limits is null)
            {
                limits = new Limits();
                endpoint.Metadata.Add(limits);
                var next = endpoint.RequestDelegate;
                if (next is not null)
                {
                    endpoint.RequestDelegate = context => limits.InvokeAsync(context, next);
                }
            }

            limits.Add(new Entry(limit, subject, refuse));
        });
        return builder;
    }

    private sealed record Entry(RateLimit Limit, Func<HttpContext, string?> Subject, Func<HttpContext, Task> Refuse);

    private sealed class Limits
    {
        private readonly List<Entry> _entries = [];

        public void Add(Entry entry) => _entries.Add(entry);

        public async Task InvokeAsync(HttpContext context, RequestDelegate next)
        {
            var limiter = context.RequestServices.GetRequiredService<RateLimiter>();
            foreach (var (limit, subject, refuse) in _entries)
            {
                if (subject(context) is not { } whom)
                {
                    continue;
                }

                var permit = await limiter.AcquireAsync(limit, whom, context.RequestAborted);
                if (!permit.IsAllowed)
                {
                    RateLimitResponses.SetRetryAfter(context, permit.RetryAfter);
                    await refuse(context);
                    return;
                }
            }

            await next(context);
        }
    }
}
