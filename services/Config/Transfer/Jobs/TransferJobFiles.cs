using System.Globalization;
using System.IO.Compression;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Marten;

namespace ManagedOAuth.Config.Transfer.Jobs;

/// <summary>Keeps the files of jobs in the database until they have ended, compressed and sealed.</summary>
public sealed class TransferJobFiles(IDocumentStore store, ISecretBox box)
{
    private const int PartLength = 1024 * 1024;

    /// <summary>Queues the file for the save of a unit of work.</summary>
    public void Add(IDocumentSession session, Guid job, ReadOnlySpan<byte> json)
    {
        ArgumentNullException.ThrowIfNull(session);
        for (var number = 0; number * PartLength < json.Length; number++)
        {
            var part = json.Slice(number * PartLength, Math.Min(PartLength, json.Length - (number * PartLength)));
            using var packed = new MemoryStream();
            using (var zip = new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            {
                zip.Write(part);
            }

            var data = box.Seal(Purpose(job, number), packed.GetBuffer().AsSpan(0, (int)packed.Length));
            session.Insert(new TransferJobFile(IdOf(job, number), job, number, Convert.ToBase64String(data)));
        }
    }

    /// <summary>The file of a job, whole.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It is damaged, or sealed under keys that are gone.</exception>
    public async Task<ReadOnlyMemory<byte>> LoadAsync(TransferJob job, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(job);
        using var json = new MemoryStream((int)job.Length);
        await using var session = store.QuerySession();
        for (var number = 0; json.Length < job.Length && await session.LoadAsync<TransferJobFile>(IdOf(job.Id, number), ct) is { } part; number++)
        {
            using var packed = new MemoryStream(box.Open(Purpose(job.Id, number), Convert.FromBase64String(part.Data)));
            await using var zip = new BrotliStream(packed, CompressionMode.Decompress);
            await zip.CopyToAsync(json, ct);
        }

        return json.ToArray();
    }

    /// <summary>Queues the removal of a file.</summary>
    public static void Remove(IDocumentSession session, Guid job)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.DeleteWhere<TransferJobFile>("where d.data ->> 'job' = ?", job.ToString());
    }

    private static string IdOf(Guid job, int number) => string.Create(CultureInfo.InvariantCulture, $"{job:N}:{number}");

    private static string Purpose(Guid job, int number) => string.Create(CultureInfo.InvariantCulture, $"transfer-job:{job}:{number}");
}
