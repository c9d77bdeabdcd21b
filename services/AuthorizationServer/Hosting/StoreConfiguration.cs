using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Directory;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Login;
using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.AuthorizationServer.Users;
using Marten;
using Marten.Events.Projections;

namespace ManagedOAuth.AuthorizationServer.Hosting;

/// <summary>What this service keeps in PostgreSQL: documents of users, sessions and registrations, and the streams of logins and clients.</summary>
internal static class StoreConfiguration
{
    public static void Configure(StoreOptions options)
    {
        options.Serializer(StoreJson.Default);

        options.Schema.For<User>().UniqueIndex(user => user.Email);
        options.Schema.For<TeamSession>().Index(session => session.UserId).Index(session => session.Email);
        options.Schema.For<ProviderGrant>();
        options.Schema.For<AccessRequest>().Index(line => line.At);
        options.Schema.For<RegisteredClient>().Index(client => client.ApplicationId).Index(client => client.IssuedAt);
        options.Schema.For<RevokedClient>();
        options.Schema.For<UpstreamRegistration>();
        options.Schema.For<UpstreamLogin>().Index(login => login.UserId);
        options.Schema.For<RefusedRedirectUri>();
        options.Schema.For<ClientGrant>().Index(grant => grant.ClientId);
        options.Projections.Snapshot<ScimUser>(SnapshotLifecycle.Inline);
        options.Projections.Snapshot<ScimGroup>(SnapshotLifecycle.Inline);
        options.Schema.For<ScimUser>().UniqueIndex(user => user.Key).Index(user => user.Email).Index(user => user.UserNameKey).Index(user => user.ExternalId).Index(user => user.ProviderId);
        options.Schema.For<ScimGroup>().Index(group => group.ProviderId).Index(group => group.DisplayNameKey).Index(group => group.ExternalId);
        options.Schema.For<ScimMembership>().Index(membership => membership.GroupId).Index(membership => membership.UserId);
        options.Schema.For<ScimUpdate>().Index(line => line.At);

        options.Events.MapEventType<UserLoggedIn>("user_logged_in");
        options.Events.MapEventType<AccessAllowed>("access_allowed");
        options.Events.MapEventType<AccessDenied>("access_denied");
        options.Events.MapEventType<LoginFailed>("login_failed");
        options.Events.MapEventType<UserLoggedOut>("user_logged_out");
        options.Events.MapEventType<ClientRegistered>("client_registered");
        options.Events.MapEventType<ConsentGiven>("consent_given");
        options.Events.MapEventType<ClientRevoked>("client_revoked");
        options.Events.MapEventType<UpstreamConnected>("upstream_connected");
        options.Events.MapEventType<UpstreamRefreshFailed>("upstream_refresh_failed");
        options.Events.MapEventType<UpstreamScopeWanted>("upstream_scope_wanted");
        options.Events.MapEventType<UpstreamScopeNotGiven>("upstream_scope_not_given");
        options.Events.MapEventType<UpstreamForgotten>("upstream_forgotten");
        options.Events.MapEventType<ScimUserCreated>("scim_user_created");
        options.Events.MapEventType<ScimUserChanged>("scim_user_changed");
        options.Events.MapEventType<ScimUserRemoved>("scim_user_removed");
        options.Events.MapEventType<ScimGroupCreated>("scim_group_created");
        options.Events.MapEventType<ScimGroupChanged>("scim_group_changed");
        options.Events.MapEventType<ScimGroupMembersChanged>("scim_group_members_changed");
        options.Events.MapEventType<ScimGroupRemoved>("scim_group_removed");
    }
}

[JsonSerializable(typeof(User))]
[JsonSerializable(typeof(TeamSession))]
[JsonSerializable(typeof(ProviderGrant))]
[JsonSerializable(typeof(AccessRequest))]
[JsonSerializable(typeof(AccessAllowed))]
[JsonSerializable(typeof(RegisteredClient))]
[JsonSerializable(typeof(RevokedClient))]
[JsonSerializable(typeof(ClientRevoked))]
[JsonSerializable(typeof(RefusedRedirectUri))]
[JsonSerializable(typeof(ClientGrant))]
[JsonSerializable(typeof(LoginRecord))]
[JsonSerializable(typeof(Client))]
[JsonSerializable(typeof(UserLoggedIn))]
[JsonSerializable(typeof(AccessDenied))]
[JsonSerializable(typeof(LoginFailed))]
[JsonSerializable(typeof(UserLoggedOut))]
[JsonSerializable(typeof(ClientRegistered))]
[JsonSerializable(typeof(ConsentGiven))]
[JsonSerializable(typeof(UpstreamRegistration))]
[JsonSerializable(typeof(UpstreamLogin))]
[JsonSerializable(typeof(UpstreamConnected))]
[JsonSerializable(typeof(UpstreamRefreshFailed))]
[JsonSerializable(typeof(UpstreamScopeWanted))]
[JsonSerializable(typeof(UpstreamScopeNotGiven))]
[JsonSerializable(typeof(UpstreamForgotten))]
[JsonSerializable(typeof(ScimUser))]
[JsonSerializable(typeof(ScimGroup))]
[JsonSerializable(typeof(ScimMembership))]
[JsonSerializable(typeof(ScimUpdate))]
[JsonSerializable(typeof(ScimUserCreated))]
[JsonSerializable(typeof(ScimUserChanged))]
[JsonSerializable(typeof(ScimUserRemoved))]
[JsonSerializable(typeof(ScimGroupCreated))]
[JsonSerializable(typeof(ScimGroupChanged))]
[JsonSerializable(typeof(ScimGroupMembersChanged))]
[JsonSerializable(typeof(ScimGroupRemoved))]
internal sealed partial class StoreJson : JsonSerializerContext;
