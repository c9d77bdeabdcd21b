using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>The admin API in the name of the administrator of this request.</summary>
public sealed class AdminApi(AdminApiPipeline pipeline, IHttpContextAccessor accessor)
{
    private HttpContext Context => accessor.HttpContext ?? throw new InvalidOperationException("There is no request.");

    /// <summary>The account's public address, as a script would use it.</summary>
    public string Address => Context.GetEdgeRequest().PublicOrigin + pipeline.AccountPath;

    public Task<ApiAnswer> SendAsync(ApiCall call, CancellationToken ct)
    {
        var administrator = Context.Features.Get<Administrator>() ?? throw new InvalidOperationException("This request has no administrator.");
        return pipeline.SendAsync(call, administrator.Caller, Context.GetEdgeRequest(), ct);
    }

    public Task<ApiAnswer> GetAsync(string path, CancellationToken ct) => SendAsync(ApiCall.Get(path), ct);
}
