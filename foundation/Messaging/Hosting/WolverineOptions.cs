using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Npgsql;
using Wolverine.ErrorHandling;
using Wolverine.Postgresql;

namespace Wolverine;

/// <summary>How one service sends, receives and handles messages. Set once, at start.</summary>
public sealed class WolverineOptions : IWithFailurePolicies
{
    /// <summary>Name of this service: the source of its messages. Default: the application's name.</summary>
    public string ServiceName { get; set; } = Assembly.GetEntryAssembly()?.GetName().Name ?? "unnamed";

    /// <summary>Where handlers are looked for.</summary>
    public HandlerDiscovery Discovery { get; } = new();

    /// <summary>Timers of the background work: heartbeats, polling, housekeeping, drain.</summary>
    public DurabilitySettings Durability { get; } = new();

    /// <inheritdoc />
    public FailureRuleCollection Failures { get; } = new();

    /// <summary>The same rules, where Wolverine also offers them: <c>opts.Policies.OnException&lt;T&gt;()</c>.</summary>
    public IWithFailurePolicies Policies => this;

    /// <summary>How long one attempt may take before it is cancelled and counts as failed. Default 60 s.</summary>
    public TimeSpan DefaultExecutionTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Largest body that is stored or read, in bytes of JSON. Default 1 MiB.</summary>
    public int MaximumMessageBytes { get; set; } = 1024 * 1024;

    /// <summary>How often nodes may die while they hold a message before it is taken out as the probable cause. Default 10.</summary>
    public int MaximumRecoveries { get; set; } = 10;

    /// <summary>Schema of the four tables.</summary>
    internal string SchemaName { get; private set; } = "messages";

    /// <summary>The database; null = the <see cref="NpgsqlDataSource"/> that is registered as a service.</summary>
    internal NpgsqlDataSource? DataSource { get; private set; }

    /// <summary>True when <see cref="DataSource"/> was made here and is disposed with the host.</summary>
    internal bool OwnsDataSource { get; private set; }

    internal Dictionary<string, PostgresqlListenerConfiguration> Listeners { get; } = new(StringComparer.Ordinal);

    internal List<PublishingExpression> Publishing { get; } = [];

    internal Dictionary<Type, string> Aliases { get; } = [];

    // Strict where a wrong guess would be silent: a null where none may be, or a missing constructor parameter without
    // a default, is a broken message. So a member added to a message needs a default value, or old ones cannot be read.
    internal JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter() },
        AllowDuplicateProperties = false,
        NumberHandling = JsonNumberHandling.Strict,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    /// <summary>Begins a routing rule: <c>opts.PublishMessage&lt;T&gt;().ToPostgresqlQueue("token")</c>.</summary>
    public PublishingExpression PublishMessage<T>() => Publish(p => p.Message<T>());

    /// <summary>A routing rule for several message types.</summary>
    public PublishingExpression Publish(Action<PublishingExpression> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var expression = new PublishingExpression();
        configure(expression);
        Publishing.Add(expression);
        return expression;
    }

    /// <summary>Gives a message type a stable name, for types that cannot carry <see cref="Attributes.MessageIdentityAttribute"/>.</summary>
    public void RegisterMessageType(Type messageType, string alias)
    {
        ArgumentNullException.ThrowIfNull(messageType);
        ArgumentException.ThrowIfNullOrWhiteSpace(alias);
        Aliases[messageType] = alias;
    }

    /// <summary>Changes the JSON of messages; the default is camelCase with enums as strings.</summary>
    public void UseSystemTextJsonForSerialization(Action<JsonSerializerOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        configure(Json);
    }

    internal void UseDatabase(NpgsqlDataSource dataSource, bool owned, string schemaName)
    {
        SchemaName = Identifiers.CheckSchema(schemaName);
        DataSource = dataSource;
        OwnsDataSource = owned;
    }
}
