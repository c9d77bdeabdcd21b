using ManagedOAuth.Config.Dashboard.Pages;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>Gives the page's forms their anti-forgery token, and refuses every form that comes without one of this administrator or, before the sign-in, of this browser.</summary>
public sealed class FormFilter(FormToken tokens) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        var page = http.RequestServices.GetRequiredService<PageContext>();
        page.Administrator = http.Features.Get<Administrator>();
        var actor = page.Administrator?.Caller.Actor ?? Visitor.Of(http);
        page.FormToken = tokens.Create(actor);
        if (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method))
        {
            return await next(context);
        }

        if (!http.Request.HasFormContentType)
        {
            return Messages.FormRefused();
        }

        try
        {
            var form = await http.Request.ReadFormAsync(http.RequestAborted);
            return tokens.Accepts(http.Request, form[FormToken.Field], actor) ? await next(context) : Messages.FormRefused();
        }
        catch (InvalidDataException)
        {
            // More fields, or longer ones, than any of our forms has.
            return Messages.FormRefused();
        }
    }
}
