using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Dashboard.Access;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>The admin API in the name of the administrator of this request.</summary>
public sealed class AdminApi(AdminApiPipeline pipeline, IHttpContextAccessor accessor)
{
    private HttpContext Context => accessor.HttpContext ?? throw new InvalidOperationException("There is no request.");

    /// <summary>The account's public address, as a script would use it.</summary>
    public string Address => Context.GetEdgeRequest().PublicOrigin + pipeline.AccountPath;

    private ApiCaller Caller => Context.Features.Get<Administrator>()?.Caller ?? throw new InvalidOperationException("This request has no administrator.");

    public Task<ApiAnswer> SendAsync(ApiCall call, CancellationToken ct) => pipeline.SendAsync(call, Caller, Context.GetEdgeRequest(), ct);

    /// <summary>Makes a large answer this page's own while it is made; gives what was refused, or null when it has gone through.</summary>
    public Task<ApiAnswer?> PassAsync(ApiCall call, CancellationToken ct) => pipeline.PassAsync(call, Caller, Context.GetEdgeRequest(), Context.Response, ct);

    public Task<ApiAnswer> GetAsync(string path, CancellationToken ct) => SendAsync(ApiCall.Get(path), ct);
}
