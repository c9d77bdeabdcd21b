using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Objects;

/// <summary>One configuration object folded from its stream; kept as an inline snapshot, also after it was removed.</summary>
public abstract class ConfigurationObject<T>
    where T : class
{
    public Guid Id { get; set; }

    public long Version { get; set; }

    /// <summary>The object as its last event left it.</summary>
    public T? State { get; set; }

    public bool Removed { get; set; }

    /// <summary>The object is this now; also when it had been removed.</summary>
    protected void Restore(T state)
    {
        State = state;
        Removed = false;
    }
}

public sealed class ApplicationObject : ConfigurationObject<Application>
{
    public void Apply(ApplicationCreated e) => State = e.Application;

    public void Apply(ApplicationChanged e) => Restore(e.Application);

    public void Apply(ApplicationRemoved _) => Removed = true;
}

public sealed class PolicyObject : ConfigurationObject<Policy>
{
    public void Apply(PolicyCreated e) => State = e.Policy;

    public void Apply(PolicyAltered e) => Restore(e.Policy);

    public void Apply(PolicyRemoved _) => Removed = true;
}

public sealed class GroupObject : ConfigurationObject<Group>
{
    public void Apply(GroupCreated e) => State = e.Group;

    public void Apply(GroupChanged e) => Restore(e.Group);

    public void Apply(GroupRemoved _) => Removed = true;
}

public sealed class IdentityProviderObject : ConfigurationObject<IdentityProvider>
{
    public void Apply(IdentityProviderCreated e) => State = e.IdentityProvider;

    public void Apply(IdentityProviderChanged e) => Restore(e.IdentityProvider);

    public void Apply(IdentityProviderRemoved _) => Removed = true;
}

public sealed class ServiceTokenObject : ConfigurationObject<ServiceToken>
{
    public void Apply(ServiceTokenCreated e) => State = e.ServiceToken;

    public void Apply(ServiceTokenChanged e) => Restore(e.ServiceToken);

    public void Apply(ServiceTokenRotated e) => Restore(e.ServiceToken);

    public void Apply(ServiceTokenRemoved _) => Removed = true;
}

public sealed class OrganizationObject : ConfigurationObject<Organization>
{
    public void Apply(OrganizationCreated e) => State = e.Organization;

    public void Apply(OrganizationChanged e) => Restore(e.Organization);
}

public sealed class ApiTokenObject : ConfigurationObject<ApiToken>
{
    public void Apply(ApiTokenCreated e) => State = e.ApiToken;

    public void Apply(ApiTokenChanged e) => Restore(e.ApiToken);

    public void Apply(ApiTokenRolled e) => Restore(e.ApiToken);

    public void Apply(ApiTokenRemoved _) => Removed = true;
}

public sealed class TagObject : ConfigurationObject<Tag>
{
    public void Apply(TagCreated e) => State = e.Tag;

    public void Apply(TagChanged e) => Restore(e.Tag);

    public void Apply(TagRemoved _) => Removed = true;
}

public sealed class AccessListObject : ConfigurationObject<AccessList>
{
    public void Apply(AccessListCreated e) => State = e.AccessList;

    public void Apply(AccessListChanged e) => Restore(e.AccessList);

    public void Apply(AccessListRemoved _) => Removed = true;
}

public sealed class McpServerObject : ConfigurationObject<McpServer>
{
    public void Apply(McpServerCreated e) => State = e.McpServer;

    public void Apply(McpServerChanged e) => Restore(e.McpServer);

    public void Apply(McpServerRemoved _) => Removed = true;
}

public sealed class McpPortalObject : ConfigurationObject<McpPortal>
{
    public void Apply(McpPortalCreated e) => State = e.McpPortal;

    public void Apply(McpPortalChanged e) => Restore(e.McpPortal);

    public void Apply(McpPortalRemoved _) => Removed = true;
}

public sealed class McpCatalogObject : ConfigurationObject<McpCatalog>
{
    public void Apply(McpCatalogCreated e) => State = e.McpCatalog;

    public void Apply(McpCatalogChanged e) => Restore(e.McpCatalog);

    public void Apply(McpDefinitionsApproved e) => Restore(e.McpCatalog);

    public void Apply(McpCatalogRemoved _) => Removed = true;
}

public sealed class CustomPageObject : ConfigurationObject<CustomPage>
{
    public void Apply(CustomPageCreated e) => State = e.CustomPage;

    public void Apply(CustomPageChanged e) => Restore(e.CustomPage);

    public void Apply(CustomPageRemoved _) => Removed = true;
}
