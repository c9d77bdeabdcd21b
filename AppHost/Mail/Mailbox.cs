namespace ManagedOAuth.AppHost.Mail;

/// <summary>A message that was received.</summary>
/// <param name="To">One of its recipients, as given in the envelope.</param>
/// <param name="Subject">Decoded.</param>
/// <param name="Text">The plain text part, decoded.</param>
/// <param name="Pin">The one-time PIN in it, if it holds one.</param>
/// <param name="ReceivedAt">When.</param>
public sealed record ReceivedMail(string To, string Subject, string Text, string? Pin, DateTimeOffset ReceivedAt);

/// <summary>The last messages, newest first. In memory only.</summary>
public sealed class Mailbox
{
    /// <summary>How many messages are kept.</summary>
    public const int Capacity = 500;

    private readonly LinkedList<ReceivedMail> _mails = new();

    /// <summary>Adds a message; the oldest leaves when there are too many.</summary>
    public void Add(ReceivedMail mail)
    {
        lock (_mails)
        {
            _mails.AddFirst(mail);
            if (_mails.Count > Capacity)
            {
                _mails.RemoveLast();
            }
        }
    }

    /// <summary>Newest first; with an address, only those to it (letter case ignored).</summary>
    public IReadOnlyList<ReceivedMail> Find(string? to = null)
    {
        lock (_mails)
        {
            return [.. _mails.Where(mail => string.IsNullOrEmpty(to) || mail.To.Equals(to, StringComparison.OrdinalIgnoreCase))];
        }
    }
}
