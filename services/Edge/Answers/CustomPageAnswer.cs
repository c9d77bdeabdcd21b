using System.Text;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Edge.Answers;

/// <summary>A page in the organization's own words, under a policy that lets no script of it run.</summary>
internal sealed record CustomPageAnswer(int Status, CustomPage Page)
{
    public Task WriteAsync(HttpContext context)
    {
        var body = Encoding.UTF8.GetBytes(Page.CustomHtml);
        var response = context.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        new PageSecurity().AllowForeignMarkup().Apply(response);
        response.ContentType = "text/html; charset=utf-8";
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
