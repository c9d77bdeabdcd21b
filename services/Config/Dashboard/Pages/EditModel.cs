using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>An object as the form shows it that makes or changes it.</summary>
public sealed record EditModel
{
    public required PageKind Kind { get; init; }

    public required Draft Draft { get; init; }

    /// <summary>Empty for a new one.</summary>
    public string Id { get; init; } = "";

    /// <summary>Its address in the admin API; empty for a new one.</summary>
    public string ApiPath { get; init; } = "";

    /// <summary>The name as it is stored: the heading does not change while somebody types.</summary>
    public string Name { get; init; } = "";

    /// <summary>Entity tag of what is shown, so that a change of somebody else in between is noticed.</summary>
    public string ETag { get; init; } = "";

    /// <summary>What the shown form would do.</summary>
    public Preview? Preview { get; init; }

    public bool IsNew => Id.Length == 0;

    public string Title => IsNew ? $"New {Kind.Noun}" : Name;

    /// <summary>Where the form is posted to.</summary>
    public string Action => IsNew ? $"{Kind.Path}/new" : Kind.PageOf(Id);
}
