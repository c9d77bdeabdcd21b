namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>One reason to refuse a request before anybody looks at what it wants. Pure: head in, answer out.</summary>
internal interface IRequestRule
{
    /// <summary>Stable name: appears in metrics and in the error body.</summary>
    string Id { get; }

    /// <summary>Where the rule comes from.</summary>
    string Spec { get; }

    /// <summary>Null when the request passes.</summary>
    RequestRefusal? Check(in RequestHead head);
}

/// <summary>Why a request is not looked at any further. The message never quotes the request.</summary>
internal sealed record RequestRefusal(int Status, string Rule, string Message);
