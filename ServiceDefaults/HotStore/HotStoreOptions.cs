using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>How the hot store is used.</summary>
public sealed class HotStoreOptions
{
    public const string Section = "Redis";

    /// <summary>How long one operation may take, with the connection if there is none yet. After that Redis counts as away.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan OperationDeadline { get; set; } = TimeSpan.FromSeconds(1);
}
