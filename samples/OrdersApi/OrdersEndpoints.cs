using System.Text.Json;

namespace ManagedOAuth.Samples.OrdersApi;

/// <summary>Plain answers: the orders, who asks, and an echo of everything else.</summary>
internal static class OrdersEndpoints
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private static readonly object[] s_orders =
    [
        new { Id = 1001, Item = "Espresso machine", Quantity = 1 },
        new { Id = 1002, Item = "Coffee beans, 1 kg", Quantity = 12 },
    ];

    /// <summary><c>/orders</c> with the request beside the orders; <c>/verified</c> answers only to a proven identity.</summary>
    public static void MapOrders(this WebApplication app)
    {
        app.MapGet("/orders", (Received request) => Results.Json(new { Orders = s_orders, Request = request }, s_json));
        app.MapGet("/verified", async (HttpContext context, AssertionVerifier verifier) =>
        {
            var (identity, reason) = await verifier.VerifyAsync(context.Request.Headers[AssertionVerifier.Header], context.RequestAborted);
            return identity is null
                ? Results.Json(new { Verified = false, Reason = reason }, s_json, statusCode: StatusCodes.Status403Forbidden)
                : Results.Json(new { Verified = true, Email = identity.FindFirst("email")?.Value, Sub = identity.FindFirst("sub")?.Value, Audience = identity.FindFirst("aud")?.Value }, s_json);
        });
    }

    /// <summary>Every other path, with every method: what arrived.</summary>
    public static void MapEcho(this WebApplication app) => app.MapFallback("{**path}", (Received request) => Results.Json(request, s_json));
}
