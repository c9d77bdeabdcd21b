using Grpc.Core;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Tests.Telemetry;

/// <summary>How many entries are told at once, and which are given up.</summary>
public sealed class ReportBatchTests
{
    [Fact]
    public void ReceiverThatIsAway_IsSentTheSameAgain_ForEver()
    {
        var batch = Of(3);
        foreach (var status in new[] { StatusCode.Unavailable, StatusCode.DeadlineExceeded, StatusCode.Cancelled, StatusCode.Aborted, StatusCode.Unauthenticated })
        {
            for (var i = 0; i < 10; i++)
            {
                Assert.Equal(new ReportFailure(false, 0), batch.Refused(status));
            }
        }

        Assert.Equal([0, 1, 2], batch.Next);
    }

    [Theory]
    [InlineData(StatusCode.Unimplemented)]
    [InlineData(StatusCode.PermissionDenied)]
    public void ReceiverThatTakesNothing_IsNotAskedAgain(StatusCode status)
    {
        var batch = Of(3);
        Assert.Equal(new ReportFailure(true, 3), batch.Refused(status));
        Assert.Equal(0, batch.Count);
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted, 0)]
    [InlineData(StatusCode.Internal, 499)]
    [InlineData(StatusCode.Unknown, 250)]
    [InlineData(StatusCode.InvalidArgument, 7)]
    public void EntryThatIsNeverTaken_IsGivenUpAlone_AfterSomeTries(StatusCode status, int poison)
    {
        var (batch, taken, alone, sent, dropped) = (Of(ReportBatch<int>.Maximum), new List<int>(), 0, 0, 0);
        while (batch.Count > 0)
        {
            sent++;
            if (batch.Next.Contains(poison))
            {
                alone += batch.Next.Count == 1 ? 1 : 0;
                var failure = batch.Refused(status);
                Assert.True(failure.IsAnswered);
                dropped += failure.Dropped;
            }
            else
            {
                taken.AddRange(batch.Next);
                batch.Taken();
            }
        }

        Assert.Equal(Enumerable.Range(0, ReportBatch<int>.Maximum).Where(entry => entry != poison), taken);
        Assert.Equal((1, ReportBatch<int>.Tries), (dropped, alone));
        Assert.InRange(sent, 1, 100);
    }

    [Fact]
    public void TooMuchAtOnce_IsSentInParts_AndLosesNothing()
    {
        var (batch, taken) = (Of(ReportBatch<int>.Maximum), new List<int>());
        while (batch.Count > 0)
        {
            if (batch.Next.Count > 60)
            {
                Assert.Equal(new ReportFailure(true, 0), batch.Refused(StatusCode.ResourceExhausted));
            }
            else
            {
                taken.AddRange(batch.Next);
                batch.Taken();
            }
        }

        Assert.Equal(Enumerable.Range(0, ReportBatch<int>.Maximum), taken);
    }

    private static ReportBatch<int> Of(int count)
    {
        var batch = new ReportBatch<int>();
        for (var i = 0; i < count; i++)
        {
            batch.Add(i);
        }

        return batch;
    }
}
