using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>Makes a page.</summary>
public static class PageResult
{
    /// <summary>A page with its parameters, given as an object with properties of their names.</summary>
    public static IResult Of<TPage>(object? parameters = null, int status = StatusCodes.Status200OK)
        where TPage : IComponent
    {
        var result = parameters is null ? new RazorComponentResult<TPage>() : new RazorComponentResult<TPage>(parameters);
        result.StatusCode = status;
        return result;
    }

    /// <summary>What the API answered when an object could not be read.</summary>
    public static IResult Failed(Requests.ApiAnswer answer, string what)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Status == StatusCodes.Status404NotFound ? Messages.NotFound(what) : Messages.Refused(answer.Status, Requests.ObjectForm.Explain(answer)[0].Reason);
    }
}
