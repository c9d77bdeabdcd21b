using Marten.Exceptions;
using Wolverine;
using Wolverine.ErrorHandling;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class FailureRuleTests
{
    private readonly WolverineOptions _options = new();

    [Fact]
    public void DefaultRule_AnyException_IsThreeQuickTwoLateThenEnd()
    {
        var rule = DefaultFailureRules.For(new InvalidDataException());
        var delays = Enumerable.Range(1, 6).Select(n => rule.NextDelay(n)?.TotalMilliseconds).ToArray();
        Assert.Equal([50, 250, 1000, 5000, 30000, null], delays);
        Assert.Equal(FailureEnd.DeadLetter, rule.End);
    }

    [Fact]
    public void DefaultRule_ConcurrencyConflict_TriesMoreOften()
        => Assert.Equal(8, Enumerable.Range(1, 20).Count(n => DefaultFailureRules.For(new ConcurrencyException("lost")).NextDelay(n) is not null));

    [Fact]
    public void Rules_SeveralMatch_FirstWins()
    {
        _options.OnException<IOException>().RetryTimes(1).Then.Discard();
        _options.Policies.OnAnyException().MoveToErrorQueue();
        Assert.Equal(FailureEnd.Discard, _options.Failures.Find(new FileNotFoundException())!.End);
        Assert.Equal(FailureEnd.DeadLetter, _options.Failures.Find(new InvalidOperationException())!.End);
    }

    [Fact]
    public void Rule_WithFilter_MatchesOnlyWhatTheFilterTakes()
    {
        _options.OnException<IOException>(e => e.Message == "yes").RetryTimes(1);
        Assert.Null(_options.Failures.Find(new IOException("no")));
        Assert.NotNull(_options.Failures.Find(new IOException("yes")));
    }

    [Fact]
    public void QuickDelay_OfScheduledRetry_IsNone()
    {
        _options.OnException<IOException>().RetryWithCooldown(TimeSpan.FromMilliseconds(1)).Then.ScheduleRetry(TimeSpan.FromSeconds(1));
        var rule = _options.Failures.Find(new IOException())!;
        Assert.NotNull(rule.NextQuickDelay(1));
        Assert.Null(rule.NextQuickDelay(2));
        Assert.NotNull(rule.NextDelay(2));
    }

    [Fact]
    public void Durability_StaleTimeoutNearHeartbeat_IsRefused()
    {
        _options.Durability.StaleNodeTimeout = _options.Durability.HealthCheckPollingTime * 2;
        Assert.Throws<InvalidOperationException>(_options.Durability.Validate);
    }

    [Theory]
    [InlineData("Messages")]
    [InlineData("a; drop schema x")]
    [InlineData("")]
    public void Schema_WithNameThatNeedsQuoting_IsRefused(string name)
        => Assert.Throws<ArgumentException>(() => Wolverine.Postgresql.MessagingSchema.SqlFor(name));

    [Fact]
    public void Queue_WithBadName_IsRefused() => Assert.Throws<ArgumentException>(() => _options.PublishMessage<Boom>().ToPostgresqlQueue("no spaces"));
}
