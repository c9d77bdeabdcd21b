using System.Collections.Concurrent;
using System.ComponentModel;
using System.Security.Claims;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Samples.NotesServer;

/// <summary>Notes of each account, in memory.</summary>
internal static class NoteTools
{
    private const int MostNotes = 100;
    private const int LongestNote = 1000;
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> s_notes = new();

    public static McpServerPrimitiveCollection<McpServerTool> All { get; } =
    [
        McpServerTool.Create(Account, new() { Name = "account", Description = "Tells with which account you are logged in at this server.", ReadOnly = true }),
        McpServerTool.Create(List, new() { Name = "list_notes", Description = "Lists your notes.", ReadOnly = true }),
        McpServerTool.Create(Add, new() { Name = "add_note", Description = "Adds a note to yours." }),
    ];

    private static string Account(ClaimsPrincipal? user) => NameOf(user);

    private static string List(ClaimsPrincipal? user) => s_notes.TryGetValue(NameOf(user), out var notes) && !notes.IsEmpty ? string.Join('\n', notes) : "no notes";

    private static string Add(ClaimsPrincipal? user, [Description("The note, at most 1000 characters.")] string text)
    {
        var notes = s_notes.GetOrAdd(NameOf(user), _ => new ConcurrentQueue<string>());
        if (text.Length > LongestNote || notes.Count >= MostNotes)
        {
            return "That is too much for a sample.";
        }
        notes.Enqueue(text);
        return $"You have {notes.Count} notes.";
    }

    private static string NameOf(ClaimsPrincipal? user) => user?.FindFirst("sub")?.Value ?? "nobody";
}
