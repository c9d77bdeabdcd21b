using System.ComponentModel.DataAnnotations;

namespace ManagedOAuth.AuthorizationServer.Pin;

/// <summary>Limits of the one-time PIN; section <c>Pin</c>.</summary>
public sealed class PinOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Pin";

    /// <summary>PINs for one address in ten minutes. Default 30.</summary>
    [Range(1, 10_000)]
    public int PerAddress { get; set; } = 30;

    /// <summary>PINs asked for from one source in a minute. Default 60.</summary>
    [Range(1, 100_000)]
    public int PerSource { get; set; } = 60;

    /// <summary>Wrong PINs for one address from one source in an hour. Default 15.</summary>
    [Range(5, 1_000)]
    public int WrongPerAddressAndSource { get; set; } = 15;

    /// <summary>
    /// Wrong PINs for one address in an hour, wherever they come from: bounds guessing by many sources. Beyond them each login
    /// has one attempt. Default 50.
    /// </summary>
    [Range(5, 10_000)]
    public int WrongPerAddress { get; set; } = 50;
}
