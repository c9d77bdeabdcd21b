using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.CustomPages;

/// <summary><c>/access/custom_pages</c>.</summary>
public static class CustomPageEndpoints
{
    /// <summary>Longest document, in characters.</summary>
    public const int MaximumHtml = 256 * 1024;

    public static void MapCustomPages(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var pages = access.MapGroup("/custom_pages").RequirePermission(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);
        pages.MapGet("/", (HttpRequest request, ObjectEndpoints<CustomPage, CustomPageObject> endpoints) => endpoints.List(request, page => page.Name));
        pages.MapGet("/{id:guid}", (Guid id, ObjectEndpoints<CustomPage, CustomPageObject> endpoints, CancellationToken ct) => endpoints.Get(id, ct));
        pages.MapPost("/", (HttpRequest request, ObjectEndpoints<CustomPage, CustomPageObject> endpoints, CancellationToken ct)
            => endpoints.Create(request, (body, id, _) => Read(body, id), ct));
        pages.MapReplace("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<CustomPage, CustomPageObject> endpoints, CancellationToken ct)
            => endpoints.Replace(id, request, (body, _, _) => Read(body, id), ct));
        pages.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<CustomPage, CustomPageObject> endpoints, CancellationToken ct)
            => endpoints.Remove(id, ct, status: StatusCodes.Status202Accepted));
    }

    /// <summary>Reads a page.</summary>
    public static CustomPage Read(BodyReader body, Guid id)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new CustomPage { Id = id, Name = body.RequiredText("name", 200), Type = Type(body), CustomHtml = body.Document("custom_html", MaximumHtml) };
    }

    private static CustomPageType Type(BodyReader body)
    {
        switch (body.RequiredText("type", 40))
        {
            case "forbidden": return CustomPageType.Forbidden;
            case "identity_denied" or "": return CustomPageType.IdentityDenied;
            default:
                body.Refuse("type", "type is identity_denied or forbidden");
                return CustomPageType.IdentityDenied;
        }
    }
}
