using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Keys;

/// <summary><c>/access/keys</c>: how often the keys that sign assertions rotate, and their rotation now. Token owns them.</summary>
public static class KeyEndpoints
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    private static readonly string s_settings = Of(("key_rotation_interval_days", Integer), ("days_until_next_rotation", Integer), ("last_key_rotation_at", Time));

    public static void MapKeys(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var keys = access.MapGroup("/keys").RequirePermission(ApiPermission.KeysRead, ApiPermission.KeysWrite);
        keys.MapGet("/", (SigningKeyAdmin.SigningKeyAdminClient token, TimeProvider clock, CancellationToken ct)
            => Ask(async () => await token.GetAsync(new SigningKeySettingsRequest(), deadline: Deadline(clock), cancellationToken: ct))).Answers(s_settings);
        keys.MapPut("/", Change).Takes(Of(("key_rotation_interval_days", """{"type":"integer","minimum":21,"maximum":365}"""))).Answers(s_settings);
        keys.MapPost("/rotate", (HttpContext context, SigningKeyAdmin.SigningKeyAdminClient token, TimeProvider clock, CancellationToken ct)
            => Ask(async () => await token.RotateAsync(new RotateSigningKeysRequest { Actor = Peers.ActorOf(context) }, deadline: Deadline(clock), cancellationToken: ct))).Answers(s_settings);
    }

    private static async Task<IResult> Change(HttpContext context, SigningKeyAdmin.SigningKeyAdminClient token, TimeProvider clock, CancellationToken ct)
    {
        var (body, refusal) = await JsonBody.ReadAsync(context.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var reader = new BodyReader(body, []);
        var days = reader.Number("key_rotation_interval_days", 21, 365);
        if (days is null && reader.Errors.Count == 0)
        {
            reader.Refuse("key_rotation_interval_days", "key_rotation_interval_days is required");
        }

        return reader.Errors.Count > 0
            ? ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors)
            : await Ask(async () => await token.ChangeAsync(
                new ChangeSigningKeysRequest { KeyRotationIntervalDays = days!.Value, Actor = Peers.ActorOf(context) }, deadline: Deadline(clock), cancellationToken: ct));
    }

    private static Task<IResult> Ask(Func<Task<SigningKeySettings>> ask) => Peers.AskAsync("key", Peers.Token, async () =>
    {
        var settings = await ask();
        return ApiEnvelope.Ok(new JsonObject
        {
            ["key_rotation_interval_days"] = settings.KeyRotationIntervalDays,
            ["days_until_next_rotation"] = settings.DaysUntilNextRotation,
            ["last_key_rotation_at"] = settings.LastKeyRotationAt.ToDateTimeOffset(),
        });
    });

    private static DateTime Deadline(TimeProvider clock) => clock.GetUtcNow().UtcDateTime + s_deadline;
}
