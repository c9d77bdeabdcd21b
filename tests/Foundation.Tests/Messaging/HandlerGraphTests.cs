using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Wolverine;
using Wolverine.Handlers;
using Wolverine.Marten;
using Wolverine.Serialization;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class HandlerGraphTests
{
    [Theory]
    [InlineData(typeof(NoMessage), "the first parameter must be the message")]
    [InlineData(typeof(UnknownService), "nothing gives a value for parameter 'missing'")]
    [InlineData(typeof(EventsWithoutStream), "[WriteModel]")]
    [InlineData(typeof(TwoStreams), "only one parameter may be a [WriteModel]")]
    [InlineData(typeof(NoStreamId), "no Guid property")]
    [InlineData(typeof(ReturnsNumber), "neither an event nor a message")]
    [InlineData(typeof(TwoLoadsOfOneType), "could not tell them apart")]
    public void Handler_ThatCannotWork_IsRefusedAtStart(Type handler, string reason)
        => Assert.Contains(reason, Assert.Throws<InvalidOperationException>(() => Build(handler)).Message);

    [Fact]
    public void Handlers_SeveralWrong_AreReportedTogether()
    {
        var message = Assert.Throws<InvalidOperationException>(() => Build(typeof(NoMessage), typeof(ReturnsNumber))).Message;
        Assert.Contains(nameof(NoMessage), message);
        Assert.Contains(nameof(ReturnsNumber), message);
    }

    [Fact]
    public void MessageTypes_WithOneName_AreRefused()
        => Assert.Contains("[MessageIdentity]", Assert.Throws<InvalidOperationException>(() => Build(typeof(RecordHandler), typeof(OtherRecord))).Message);

    [Fact]
    public void Discovery_ByAssembly_TakesStaticHandlerClassesOnly()
    {
        var classes = new HandlerDiscovery().DisableConventionalDiscovery().IncludeAssembly(typeof(RecordHandler).Assembly).FindClasses();
        Assert.Contains(typeof(RecordHandler), classes);
        Assert.DoesNotContain(typeof(IgnoredHandler), classes);
        Assert.DoesNotContain(typeof(InstanceHandler), classes);
        Assert.DoesNotContain(typeof(NoMessage), classes);
    }

    [Fact]
    public void Find_ByName_KnowsOnlyHandledTypes()
    {
        var graph = Build(typeof(RecordHandler), typeof(NamedByAttributeHandler));
        Assert.Equal(typeof(Record), graph.Find("record")!.MessageType);
        Assert.Equal(typeof(NamedByAttribute), graph.Find("renamed")!.MessageType);
        Assert.Null(graph.Find(typeof(Record).AssemblyQualifiedName!));
        Assert.Null(graph.Find("System.String"));
    }

    private static HandlerGraph Build(params Type[] handlers)
    {
        var options = new WolverineOptions();
        options.Discovery.DisableConventionalDiscovery();
        foreach (var handler in handlers)
        {
            options.Discovery.IncludeType(handler);
        }

        var services = new ServiceCollection().AddSingleton<Probe>().BuildServiceProvider();
        return new HandlerGraph(
            options, new MessageTypeNames(new Dictionary<Type, string>()), services.GetRequiredService<IServiceProviderIsService>(), NullLogger<HandlerGraph>.Instance);
    }

    public sealed class InstanceHandler
    {
        public void Handle(Boom message) => ArgumentNullException.ThrowIfNull(message);
    }

    [Wolverine.Attributes.WolverineIgnore]
    public static class IgnoredHandler
    {
        public static void Handle(Boom message) => ArgumentNullException.ThrowIfNull(message);
    }

    private static class NoMessage
    {
        public static void Handle(int number) => _ = number;
    }

    private static class UnknownService
    {
        public static void Handle(Boom message, Uri missing) => _ = (message, missing);
    }

    private static class EventsWithoutStream
    {
        public static Events Handle(Boom message) => [message];
    }

    private static class TwoStreams
    {
        public static void Handle(Increase message, [WriteModel] Counter one, [WriteModel("CounterId")] Probe two) => _ = (message, one, two);
    }

    private static class NoStreamId
    {
        public static void Handle(Boom message, [WriteModel] Counter counter) => _ = (message, counter);
    }

    private static class ReturnsNumber
    {
        public static int Handle(Boom message) => message.Key.Length;
    }

    private static class TwoLoadsOfOneType
    {
        public static (string, string) Load(Boom message) => (message.Key, message.Key);

        public static void Handle(Boom message, string text) => _ = (message, text);
    }

    private static class OtherRecord
    {
        public static void Handle(Nested.Record message) => _ = message;
    }

    private static class Nested
    {
        public sealed record Record;
    }
}
