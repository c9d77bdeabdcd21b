using System.IO.Pipelines;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Transfer;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Transfer;

public sealed class TransferUploadsTests
{
    [Fact]
    public async Task File_ThatDoesNotArrive_IsGivenUp()
    {
        using var uploads = new TransferUploads(new Hasty());
        var context = new DefaultHttpContext();
        context.Request.ContentType = "application/json";
        context.Request.Body = new Pipe().Reader.AsStream();
        var (_, refusal) = await uploads.ReadAsync(context.Request, default);
        Assert.Equal(StatusCodes.Status408RequestTimeout, Assert.IsType<EnvelopeResult>(refusal).Status);
    }

    /// <summary>Every time is over at once.</summary>
    private sealed class Hasty : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
