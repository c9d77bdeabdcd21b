using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Lists;

/// <summary><c>/gateway/lists</c>: lists, their values page by page, and PATCH with <c>append</c> and <c>remove</c>.</summary>
public static class AccessListEndpoints
{
    public static void MapLists(this RouteGroupBuilder account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var lists = account.MapReads<AccessList, AccessListObject>();
        lists.MapGet("/{id:guid}/items", Items).DescribePage().Answers(ListOf(Of(("value", Text), ("description?", OrNull(Text)), ("created_at", Time))));
        lists.MapPost("/", (HttpRequest request, ObjectEndpoints<AccessList, AccessListObject> endpoints, CancellationToken ct) => endpoints.Create(request, ct));
        lists.MapPut("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<AccessList, AccessListObject> endpoints, CancellationToken ct) => endpoints.Replace(id, request, ct));
        lists.MapPatch("/{id:guid}", (Guid id, HttpRequest request, ObjectEndpoints<AccessList, AccessListObject> endpoints, TimeProvider clock, CancellationToken ct)
            => endpoints.Replace(id, request, ct, (body, existing, _) => AccessListReader.Edit(body, existing, clock.GetUtcNow())))
            .Takes(Of(("append?", ListOf(Of(("value", Text), ("description?", Text)))), ("remove?", Texts)));
        lists.MapDelete("/{id:guid}", (Guid id, ObjectEndpoints<AccessList, AccessListObject> endpoints, CancellationToken ct) => endpoints.Remove(id, ct, StatusCodes.Status200OK));
    }

    private static async Task<IResult> Items(Guid id, HttpRequest request, IDocumentStore store, CancellationToken ct)
    {
        if (Paging.From(request.Query) is not { } paging)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("page is from 1, per_page from 1 to 1000"));
        }

        await using var session = store.QuerySession();
        return await session.LoadAsync<AccessListObject>(id, ct) is { Removed: false, State: { } list }
            ? ApiEnvelope.Page(paging.Of(list.Items).Select(Show), paging, list.Items.Count)
            : ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("list"));
    }

    private static JsonNode Show(AccessListItem item) => ApiEnvelope.ToNode(item, ConfigurationJson.Default.AccessListItem);
}
