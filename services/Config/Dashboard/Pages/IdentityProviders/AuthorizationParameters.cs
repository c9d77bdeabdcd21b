using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;

/// <summary>Further parameters of an authorization request as the form has them: one a line, <c>prompt=consent</c>.</summary>
public static class AuthorizationParameters
{
    /// <summary>Name of the field, and place of the member.</summary>
    public const string Pointer = "/config/authorization_parameters";

    /// <summary>Puts the lines into the draft; false where one of them is none: the draft has what was typed, and what is wrong.</summary>
    public static bool TryTake(Draft draft, IFormCollection form)
    {
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(form);
        var text = form[Pointer].ToString();
        var taken = new JsonObject();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : line[..equals].Trim();
            if (name.Length == 0 || taken.ContainsKey(name))
            {
                draft.Set(Pointer, text);
                draft.Errors = [(Pointer, name.Length == 0 ? $"each line is name=value, which \"{line}\" is not" : $"{name} stands there twice")];
                return false;
            }

            taken[name] = line[(equals + 1)..].Trim();
        }

        if (taken.Count > 0 || draft.Has(Pointer))
        {
            draft.Set(Pointer, taken);
        }

        return true;
    }

    /// <summary>The lines of the field.</summary>
    public static string Lines(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return draft.Value["config"]?["authorization_parameters"] switch
        {
            JsonObject parameters => string.Join('\n', parameters.Select(parameter => $"{parameter.Key}={parameter.Value}")),
            { } typed => typed.ToString(),
            null => "",
        };
    }
}
