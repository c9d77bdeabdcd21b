using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Clients;

/// <summary>One page of clients.</summary>
/// <param name="View">Newest first.</param>
/// <param name="ApplicationId">Only of this application; empty = of all.</param>
/// <param name="ActiveOnly">Only those with an active grant.</param>
/// <param name="Applications">The choices of the filter.</param>
public sealed record ClientListModel(ListView View, string ApplicationId, bool ActiveOnly, ApplicationChoices Applications)
{
    public bool IsNarrowed => View.Search.Length > 0 || ApplicationId.Length > 0 || ActiveOnly;
}

/// <summary>One client with its history.</summary>
/// <param name="Client">As the API shows it.</param>
/// <param name="Events">Newest first; null when they may not be seen.</param>
public sealed record ClientModel(JsonObject Client, IReadOnlyList<JsonObject>? Events);

/// <summary><c>/clients</c>: the clients that registered themselves; what each asked for, what users agreed to; ending one for good.</summary>
public static class ClientPages
{
    private const string Path = "access/oauth_clients";

    public static void MapClients(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/clients");
        group.MapGet("/", ListAsync);
        group.MapGet("/{id:regex(^[0-9a-f]{{32}}$)}", ShowAsync);
        group.MapGet("/{id:regex(^[0-9a-f]{{32}}$)}/revoke", (string id, AdminApi api, CancellationToken ct) => AskAsync(id, api, null, ct));
        group.MapPost("/{id:regex(^[0-9a-f]{{32}}$)}/revoke", async (string id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var answer = await api.SendAsync(Revoke(id), ct);
            return answer.Success
                ? flashes.Redirect(context, $"/clients/{id}", $"The client is gone for good. {Moments.Count((long?)answer.Object["ended"] ?? 0, "grant")} ended.", Revoke(id))
                : await AskAsync(id, api, answer, ct);
        });
    }

    private static ApiCall Revoke(string id) => ApiCall.Post($"{Path}/{id}/revoke");

    private static async Task<IResult> ListAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var application = Guid.TryParse(Posted.Text(request.Query["app_id"]), out var id) ? id.ToString() : "";
        var active = request.Query["active"] == "true";
        var also = $"app_id={application}&active={(active ? "true" : "")}";
        var (view, refused) = await ListView.TryLoadAsync(api, $"{Path}?{also}", request, ct);
        return refused is null
            ? PageResult.Of<ClientList>(new { Model = new ClientListModel(view with { Also = "&" + also }, application, active, await ApplicationChoices.LoadAsync(api, [application], ct)) })
            : PageResult.Failed(refused, "client");
    }

    private static async Task<IResult> ShowAsync(string id, AdminApi api, CancellationToken ct)
    {
        var client = await api.GetAsync($"{Path}/{id}", ct);
        if (!client.Success)
        {
            return PageResult.Failed(client, "client");
        }

        var events = await api.GetAsync($"{Path}/{id}/events", ct);
        return PageResult.Of<ClientDetail>(new { Model = new ClientModel(client.Object, events.Success ? [.. events.Items.Reverse()] : null) });
    }

    private static async Task<IResult> AskAsync(string id, AdminApi api, ApiAnswer? refused, CancellationToken ct)
    {
        var client = await api.GetAsync($"{Path}/{id}", ct);
        if (!client.Success)
        {
            return PageResult.Failed(client, "client");
        }

        var name = ClientWords.Name(client.Object);
        var grants = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/grants?client_id={id}&status=active&per_page=1000"), ct);
        return PageResult.Of<ConfirmPage>(
            new
            {
                Title = $"Revoke {name}?",
                Button = "Revoke the client",
                Back = $"/clients/{id}",
                Call = Revoke(id),
                Draft = new Draft { Errors = refused is null ? [] : ObjectForm.Explain(refused) },
                Crumbs = (IReadOnlyList<(string, string)>)[("/clients", "Clients"), ($"/clients/{id}", name)],
                Consequences = (IReadOnlyList<string>)
                [
                    GrantWords.Consequence(grants, "email", "user", "No grant of it is active: nobody loses access."),
                    "This client id is unknown from then on, for good. The program can register anew while the application lets clients register: turn that off, or block its users, if it must not.",
                ],
            },
            refused?.Status ?? StatusCodes.Status200OK);
    }
}
