namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The client says who it is in exactly one way: <c>client_id</c> in the body, with or without a secret, or HTTP Basic.</summary>
public sealed class ClientIsNamed : Rule<EndpointContext>
{
    private const int LongestClientId = 2048;

    public override string Id => "token.client-is-named";

    public override string Spec => "OAuth 2.1 §2.4, §3.2.4";

    public override OAuthError? Check(EndpointContext context)
    {
        var id = context.Form["client_id"];
        var secret = context.Form["client_secret"];
        switch (context.Request.Authorization)
        {
            case []:
                break;

            case [var header]:
                if (ClientCredentials.FromBasic(header) is not { } basic)
                {
                    return OAuthError.InvalidClient("The Authorization header holds no Basic credentials.", challengeBasic: true);
                }

                if (secret is not null || (id is not null && id != basic.ClientId))
                {
                    return OAuthError.InvalidRequest("Client credentials came in the header and in the body.");
                }

                context.Client = basic;
                return Check(basic);

            default:
                return OAuthError.InvalidRequest("More than one Authorization header.");
        }

        context.Client = new ClientCredentials(id ?? "", secret, secret is null ? ClientCredentials.None : ClientCredentials.Post);
        return Check(context.Client);
    }

    private static OAuthError? Check(ClientCredentials client)
        => client.ClientId.Length is > 0 and <= LongestClientId ? null : OAuthError.InvalidClient("client_id is missing or too long.", client.ByHeader);
}
