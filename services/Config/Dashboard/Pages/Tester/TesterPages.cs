using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Tester;

/// <summary>What was asked of the policy tester, and what came out.</summary>
public sealed record TesterModel
{
    public required IReadOnlyList<JsonObject> Applications { get; init; }

    public required IReadOnlyList<JsonObject> Policies { get; init; }

    public bool HasMoreApplications { get; init; }

    public bool HasMorePolicies { get; init; }

    public string Application { get; init; } = "";

    public string Email { get; init; } = "";

    /// <summary>Where they are assumed to come from; empty = unknown.</summary>
    public string Address { get; init; } = "";

    public IReadOnlyList<string> Chosen { get; init; } = [];

    /// <summary>One user at one application, policy by policy.</summary>
    public JsonObject? Check { get; init; }

    /// <summary>Some policies for everybody.</summary>
    public JsonObject? Test { get; init; }

    /// <summary>The users of that test.</summary>
    public ListView? Users { get; init; }

    /// <summary>Which of them are shown: success, fail, error, or all.</summary>
    public string Status { get; init; } = "";

    public Draft Draft { get; init; } = new();
}

/// <summary><c>/policy-tester</c>: would this user get in, and why; what would these policies say to everybody who ever signed in.</summary>
public static class TesterPages
{
    public static void MapTester(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/policy-tester");
        group.MapGet("/", ShowAsync);
        group.MapPost("/", RunAsync);
        group.MapGet("/{id:guid}", ResultAsync);
    }

    private static async Task<TesterModel> FormAsync(AdminApi api, CancellationToken ct)
    {
        var applications = await api.GetAsync("access/apps?per_page=1000", ct);
        var policies = await api.GetAsync("access/policies?per_page=1000", ct);
        return new TesterModel { Applications = applications.Items, HasMoreApplications = applications.IsShortened, Policies = policies.Items, HasMorePolicies = policies.IsShortened };
    }

    private static async Task<IResult> ShowAsync(HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var query = request.Query;
        var model = await FormAsync(api, ct) with
        {
            Application = Posted.Text(query["app"]),
            Email = query["email"].ToString().Trim(),
            Address = query["address"].ToString().Trim(),
            Chosen = [.. query["policies"].OfType<string>()],
        };
        if (!Guid.TryParse(model.Application, out var application) || model.Email.Length == 0)
        {
            return PageResult.Of<TesterPage>(new { Model = model });
        }

        var answer = await api.GetAsync($"access/apps/{application}/user_policy_checks?email={Uri.EscapeDataString(model.Email)}&ip_address={Uri.EscapeDataString(model.Address)}", ct);
        return PageResult.Of<TesterPage>(new
        {
            Model = answer.Success
                ? model with { Check = answer.Object }
                : model with { Draft = new Draft { Errors = answer.Status == StatusCodes.Status404NotFound ? [("", $"{model.Email} has never been given access, so nothing is known of them but the address. The page of the application can try an address alone.")] : ObjectForm.Explain(answer) } },
        });
    }

    private static async Task<IResult> RunAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var form = context.Request.Form;
        var chosen = form["policies"].OfType<string>().Select(id => id.Trim()).Where(id => id.Length > 0).ToList();
        var body = new JsonObject { ["policies"] = new JsonArray([.. chosen.Select(id => JsonValue.Create(id))]) };
        if (form["address"].ToString().Trim() is { Length: > 0 } address)
        {
            body["ip_address"] = address;
        }

        var answer = await api.SendAsync(ApiCall.Post("access/policy-tests", body), ct);
        return answer.Success
            ? new SeeOther($"/policy-tester/{answer.Object["id"]}")
            : PageResult.Of<TesterPage>(
                new { Model = await FormAsync(api, ct) with { Chosen = chosen, Address = form["address"].ToString(), Draft = new Draft { Errors = [.. ObjectForm.Explain(answer).Select(error => (error.Pointer.StartsWith("/policies", StringComparison.Ordinal) ? "/policies" : error.Pointer, error.Reason))] } } },
                answer.Status);
    }

    private static async Task<IResult> ResultAsync(Guid id, HttpRequest request, AdminApi api, CancellationToken ct)
    {
        var test = await api.GetAsync($"access/policy-tests/{id}", ct);
        if (!test.Success)
        {
            return PageResult.Failed(test, "test; tests are kept for a day");
        }

        var status = request.Query["status"].ToString() is "success" or "fail" or "error" ? request.Query["status"].ToString() : "";
        var page = int.TryParse(request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : 1;
        var users = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"access/policy-tests/{id}/users?page={page}&per_page={ListView.PerPage}{(status.Length == 0 ? "" : "&status=" + status)}"), ct);
        var chosen = (test.Object["policies"] as JsonArray ?? []).Select(policy => policy?.ToString() ?? "").ToList();
        return PageResult.Of<TesterPage>(new
        {
            Model = await FormAsync(api, ct) with { Chosen = chosen, Test = test.Object, Status = status, Users = new ListView(users.Items, "", page, users.TotalCount) { Also = status.Length == 0 ? "" : "&status=" + status } },
        });
    }
}
