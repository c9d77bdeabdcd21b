namespace ManagedOAuth.Contracts.Configuration.Events;

// The audit trail of configuration. Each event holds the whole object as it was after the change, so that any version can be read, compared
// and brought back without knowing how events were folded when it was written. Secrets are not in these records; hashes are.

public sealed record ApplicationCreated(Application Application);

public sealed record ApplicationChanged(Application Application);

public sealed record ApplicationRemoved(Guid Id);

public sealed record PolicyCreated(Policy Policy);

public sealed record PolicyAltered(Policy Policy);

public sealed record PolicyRemoved(Guid Id);

public sealed record GroupCreated(Group Group);

public sealed record GroupChanged(Group Group);

public sealed record GroupRemoved(Guid Id);

public sealed record IdentityProviderCreated(IdentityProvider IdentityProvider);

public sealed record IdentityProviderChanged(IdentityProvider IdentityProvider);

public sealed record IdentityProviderRemoved(Guid Id);

public sealed record ServiceTokenCreated(ServiceToken ServiceToken);

public sealed record ServiceTokenChanged(ServiceToken ServiceToken);

/// <summary>The secret was replaced; the previous one may be honoured for a while.</summary>
public sealed record ServiceTokenRotated(ServiceToken ServiceToken);

public sealed record ServiceTokenRemoved(Guid Id);

public sealed record OrganizationCreated(Organization Organization);

public sealed record OrganizationChanged(Organization Organization);

public sealed record ApiTokenCreated(ApiToken ApiToken);

/// <summary>Name, permissions or expiry are others.</summary>
public sealed record ApiTokenChanged(ApiToken ApiToken);

/// <summary>The token itself was replaced; the previous one is dead.</summary>
public sealed record ApiTokenRolled(ApiToken ApiToken);

public sealed record ApiTokenRemoved(Guid Id);

public sealed record TagCreated(Tag Tag);

public sealed record TagChanged(Tag Tag);

public sealed record TagRemoved(Guid Id);

public sealed record AccessListCreated(AccessList AccessList);

public sealed record AccessListChanged(AccessList AccessList);

public sealed record AccessListRemoved(Guid Id);

public sealed record CustomPageCreated(CustomPage CustomPage);

public sealed record CustomPageChanged(CustomPage CustomPage);

public sealed record CustomPageRemoved(Guid Id);

public sealed record McpServerCreated(McpServer McpServer);

public sealed record McpServerChanged(McpServer McpServer);

public sealed record McpServerRemoved(Guid Id);

public sealed record McpPortalCreated(McpPortal McpPortal);

public sealed record McpPortalChanged(McpPortal McpPortal);

public sealed record McpPortalRemoved(Guid Id);

/// <summary>A server was read for the first time.</summary>
public sealed record McpCatalogCreated(McpCatalog McpCatalog);

/// <summary>A server offers something else than before.</summary>
public sealed record McpCatalogChanged(McpCatalog McpCatalog);

/// <summary>An administrator approved definitions that were in quarantine.</summary>
public sealed record McpDefinitionsApproved(McpCatalog McpCatalog, IReadOnlyList<string> Names);

public sealed record McpCatalogRemoved(Guid Id);
