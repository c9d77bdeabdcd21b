namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>What decides comes once: of two credentials, one part of the way would check the first and another the second.</summary>
internal sealed class HeadersComeOnce : IRequestRule
{
    private static readonly string[] s_names =
    [
        "Authorization", "Origin", "Content-Type", "Cf-Access-Client-Id", "Cf-Access-Client-Secret", "Cf-Access-Token",
    ];

    public string Id => "headers-once";

    public string Spec => "RFC 6750 §3.1, RFC 9110 §5.3";

    public RequestRefusal? Check(in RequestHead head)
    {
        foreach (var name in s_names)
        {
            if (head.Headers[name].Count > 1)
            {
                return this.BadRequest("A header that may come once came twice.");
            }
        }

        return null;
    }
}
