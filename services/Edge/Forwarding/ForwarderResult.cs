namespace ManagedOAuth.Edge.Forwarding;

/// <summary>How a forwarding ended.</summary>
/// <param name="Error"><see cref="ForwarderError.None"/> when everything went through.</param>
/// <param name="Status">What to answer when nothing has been sent yet.</param>
internal readonly record struct ForwarderResult(ForwarderError Error, int Status)
{
    public static ForwarderResult Done => default;
}
