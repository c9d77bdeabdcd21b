using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Telemetry;

/// <summary>What an edge tells of its requests.</summary>
public sealed class RequestFiguresTests
{
    private static readonly Guid s_one = Guid.NewGuid();

    [Fact]
    public void Minutes_AreToldFromTheirBeginning_UntilTheyAreTooOld()
    {
        var clock = new Clock();
        var figures = new RequestFigures(null!, clock, NullLogger<RequestFigures>.Instance);
        figures.Allowed(s_one);
        figures.Allowed(s_one);
        figures.NotAllowed(s_one, CredentialProblem.Missing);
        clock.Now += TimeSpan.FromMinutes(1);
        figures.NotAllowed(s_one, CredentialProblem.Expired);

        var report = figures.Collect();
        Assert.Equal(2, report.Minutes.Count);
        Assert.Equal((2L, 1L, 0L), Counts(report.Minutes[0].Applications.Single()));
        Assert.Equal((0L, 0L, 1L), Counts(report.Minutes[1].Applications.Single()));
        Assert.Equal(report.Minutes[0].Minute + 1, report.Minutes[1].Minute);

        clock.Now += TimeSpan.FromMinutes(4);
        Assert.Single(figures.Collect().Minutes);
        clock.Now += TimeSpan.FromMinutes(10);
        Assert.Empty(figures.Collect().Minutes);
    }

    [Fact]
    public void MoreApplicationsThanAReportHolds_AreToldTogether()
    {
        var figures = new RequestFigures(null!, new Clock(), NullLogger<RequestFigures>.Instance);
        for (var number = 0; number < 1200; number++)
        {
            figures.Refused(Guid.NewGuid());
        }

        figures.Allowed(s_one);
        figures.Allowed(s_one);
        var told = figures.Collect().Minutes.Single().Applications;
        Assert.Equal(1000, told.Count);
        Assert.Equal(s_one.ToString(), told[0].ApplicationId);
        Assert.Equal(("", 202L), (told[^1].ApplicationId, told[^1].Refused));
    }

    private static (long, long, long) Counts(Contracts.EdgeFigures.ApplicationFigures figures) => (figures.Allowed, figures.Challenged, figures.Refused);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 30, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
