using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Asks a client with a session what a server without sessions wants to know: such a server ends its answer with questions, where one with sessions would ask and
/// wait, and is sent the request again with the answers.
/// </summary>
internal sealed class QuestionRounds(PendingInputs inputs)
{
    private const int Maximum = 16;

    /// <summary>The first response that asks nothing.</summary>
    /// <param name="request">The client's request.</param>
    /// <param name="make">The request to the server, under an id.</param>
    /// <param name="attempt">Sends one.</param>
    /// <exception cref="UpstreamException">There is no response, or the questions have no end.</exception>
    public async Task<RpcMessage> RunAsync(
        PortalRequest request, Func<Action<Utf8JsonWriter>, UpstreamRequest> make, Func<Func<Action<Utf8JsonWriter>, UpstreamRequest>, Task<RpcMessage>> attempt)
    {
        var response = await attempt(make);
        for (var round = 0; request.SessionId is not null && RpcMessage.Member(response.Result, "resultType").GetStringOrNull() == "input_required"; round++)
        {
            if (round == Maximum)
            {
                throw new UpstreamException(PortalOutcomes.UpstreamError, "The server asks questions without an end.");
            }

            var answers = await AskAsync(request, RpcMessage.Member(response.Result, "inputRequests"));
            var state = RpcMessage.Member(response.Result, "requestState");
            response = await attempt(id => make(id) with { Added = json => Write(json, answers, state) });
        }

        return response;
    }

    private async Task<List<(string Name, JsonElement Answer)>> AskAsync(PortalRequest request, JsonElement questions)
    {
        var answers = new List<(string, JsonElement)>();
        if (questions.ValueKind == JsonValueKind.Object)
        {
            foreach (var question in questions.EnumerateObject().Take(Maximum))
            {
                answers.Add((question.Name, await inputs.AskAsync(request, question.Value)));
            }
        }

        return answers;
    }

    private static void Write(Utf8JsonWriter json, List<(string Name, JsonElement Answer)> answers, JsonElement state)
    {
        json.WriteStartObject("inputResponses");
        foreach (var (name, answer) in answers)
        {
            json.Raw(name, answer);
        }

        json.WriteEndObject();
        if (state.ValueKind != JsonValueKind.Undefined)
        {
            json.Raw("requestState", state);
        }
    }
}
