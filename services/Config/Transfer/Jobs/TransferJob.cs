using System.Text.Json.Serialization;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Transfer.Jobs;

/// <summary>How far a job is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<TransferJobState>))]
public enum TransferJobState
{
    /// <summary>Nobody has taken it up yet.</summary>
    Queued,

    /// <summary>It is checked, or applied batch by batch.</summary>
    Running,

    /// <summary>The configuration is what the file said.</summary>
    Succeeded,

    /// <summary>It ended before that; what was applied stands, and applying the file again goes on from there.</summary>
    Failed,

    /// <summary>Somebody ended it; what was applied stands.</summary>
    Cancelled,
}

/// <summary>One thing that kept a job from going on.</summary>
/// <param name="Pointer">Where in the file; null where it is not about the file.</param>
/// <param name="Message">What is wrong.</param>
public sealed record TransferJobError(string? Pointer, string Message);

/// <summary>A file that is applied in the background. Its counts are saved in the transaction of each batch, so they are what was really done.</summary>
/// <param name="Id">The job.</param>
/// <param name="Actor">In whose name it changes things.</param>
/// <param name="CallerKey">The API token or user that started it.</param>
/// <param name="Prune">Whether what the file does not have is removed.</param>
/// <param name="ExpectedPosition">The position that the first batch is applied to; null = any.</param>
/// <param name="Length">Of the file, in bytes.</param>
/// <param name="CreatedAt">When it was asked for.</param>
public sealed record TransferJob(Guid Id, string Actor, string CallerKey, bool Prune, long? ExpectedPosition, long Length, DateTimeOffset CreatedAt)
{
    /// <summary>Whether it was started at the dashboard.</summary>
    public bool ByDashboard { get; init; }

    /// <summary>The user who started it, as the edge verified them: whether they get in, and their permissions, are decided anew for each batch. Null for an API token, and when it has ended.</summary>
    public Identity? User { get; init; }

    /// <summary>Where whoever started it came from; null when it has ended.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>The dashboard where that user was, as scheme and authority: the application of that domain must go on letting them in. Null when <see cref="User"/> is.</summary>
    public string? DashboardOrigin { get; init; }

    public TransferJobState State { get; init; } = TransferJobState.Queued;

    /// <summary>Objects to make, change and remove; null until the file has been checked.</summary>
    public int? Total { get; init; }

    /// <summary>What has been done.</summary>
    public TransferCounts Done { get; init; } = TransferCounts.None;

    public IReadOnlyList<TransferJobError> Errors { get; init; } = [];

    /// <summary>All errors, also those that are not listed.</summary>
    public int ErrorCount { get; init; }

    public bool CancelRequested { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The process that runs it.</summary>
    public string? Runner { get; init; }

    /// <summary>Until when it is that process's; afterwards another may go on.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>How often it was taken up without getting any further.</summary>
    public int Attempts { get; init; }

    [JsonIgnore]
    public bool HasEnded => State is not (TransferJobState.Queued or TransferJobState.Running);
}

/// <summary>A part of a job's file, compressed and sealed: a file may hold secrets of identity providers. Gone when the job has ended.</summary>
/// <param name="Id">Job and number.</param>
/// <param name="Job">The job.</param>
/// <param name="Number">From 0.</param>
/// <param name="Data">Base64.</param>
public sealed record TransferJobFile(string Id, Guid Job, int Number, string Data);
