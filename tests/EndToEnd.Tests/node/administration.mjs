// Drives the admin API with the official SDK, as a script of somebody who moved here would:
//   node administration.mjs BASE_URL TOKEN DOMAIN KIND [EMAIL]
// Creates, reads, lists, updates and deletes objects of one kind; any surprise ends it with an error. EMAIL is of somebody who has logged in.
import assert from 'node:assert/strict';
import Cloudflare from 'cloudflare';

const [baseURL, apiToken, domain, kind, email] = process.argv.slice(2);
// Asked again where the answer is 503, and where it is anything else not: the SDK itself would repeat more than that.
const patient = async (url, init) => {
  for (const end = Date.now() + 60_000; ; await new Promise(resolve => setTimeout(resolve, 500))) {
    const answer = await fetch(url, init);
    if (answer.status !== 503 || Date.now() > end) return answer;
  }
};
const client = new Cloudflare({ baseURL, apiToken, maxRetries: 0, timeout: 120_000, fetch: patient });
const account = { account_id: 'default' };
const { access, identityProviders, organizations, gateway } = client.zeroTrust;
const unique = Math.random().toString(36).slice(2, 10);
const everyone = [{ everyone: {} }];

async function listed(list, has) {
  for await (const item of list) {
    if (has(item)) return item;
  }
  assert.fail('the new object is not in the list');
}

async function gone(get) {
  await assert.rejects(get, error => error.status === 404 && error.errors[0].code > 0);
}

// Every kind that has the same five calls.
async function fiveCalls(resource, body, change, idOf = item => item.id) {
  const created = await resource.create({ ...account, ...body });
  const id = idOf(created);
  assert.ok(id);
  const read = await resource.get(id, account);
  assert.equal(read.name, body.name);
  await listed(resource.list(account), item => idOf(item) === id);
  const updated = await resource.update(id, { ...account, ...body, ...change });
  for (const [name, value] of Object.entries(change)) assert.deepEqual(updated[name], value, name);
  await resource.delete(id, account);
  await gone(() => resource.get(id, account));
  return created;
}

async function application(more = {}) {
  return access.applications.create({ ...account, type: 'self_hosted', name: `app ${unique}`, domain, ...more });
}

const kinds = {
  async applications() {
    const policy = await access.policies.create({ ...account, name: `p ${unique}`, decision: 'allow', include: everyone });
    await access.tags.create({ ...account, name: `tag-${unique}` });
    const body = {
      type: 'self_hosted', name: `app ${unique}`, domain, session_duration: '12h', app_launcher_visible: true, tags: [`tag-${unique}`],
      http_only_cookie_attribute: true, same_site_cookie_attribute: 'lax', skip_interstitial: true, custom_deny_message: 'no',
      cors_headers: { allowed_methods: ['GET'], allowed_origins: ['https://example.com'], max_age: 60 },
      policies: [{ id: policy.id, precedence: 1 }],
      oauth_configuration: {
        enabled: true,
        dynamic_client_registration: { enabled: true, allow_any_on_localhost: true, allow_any_on_loopback: true, allowed_uris: ['https://example.com/*'] },
        grant: { access_token_lifetime: '5m', session_duration: '24h' },
      },
    };
    const created = await fiveCalls(access.applications, body, { name: `renamed ${unique}`, session_duration: '1h' });
    assert.match(created.aud, /^[0-9a-f]{64}$/);
    const { refresh_grace, ...grant } = created.oauth_configuration.grant; // refresh_grace is ours
    assert.deepEqual({ ...created.oauth_configuration, grant }, body.oauth_configuration);
    assert.equal(created.policies[0].id, policy.id);
    assert.equal(created.cors_headers.max_age, 60);
    const app = await access.applications.create({ ...account, ...body });
    for (const filter of [{ name: `app ${unique}`, exact: true }, { domain, exact: true }, { aud: app.aud }, { search: unique }, { name: unique, domain }]) {
      assert.equal((await listed(access.applications.list({ ...account, ...filter }), item => item.id === app.id)).name, body.name, JSON.stringify(filter));
    }
    for await (const item of access.applications.list({ ...account, name: `app ${unique} and more` })) assert.fail(`found ${item.name}`);
    await access.applications.delete(app.id, account);
    await access.policies.delete(policy.id, account);
    await access.tags.delete(`tag-${unique}`, account);
  },

  async application_policies() {
    const app = await application();
    const body = { name: `own ${unique}`, decision: 'allow', include: [{ email_domain: { domain: 'example.com' } }], precedence: 1 };
    const created = await access.applications.policies.create(app.id, { ...account, ...body });
    const where = { ...account, app_id: app.id };
    assert.equal((await access.applications.policies.get(created.id, where)).name, body.name);
    await listed(access.applications.policies.list(app.id, account), item => item.id === created.id);
    const updated = await access.applications.policies.update(created.id, { ...where, ...body, decision: 'deny' });
    assert.equal(updated.decision, 'deny');
    await access.applications.policies.delete(created.id, where);
    await gone(() => access.applications.policies.get(created.id, where));
    await access.applications.delete(app.id, account);
  },

  async application_settings() {
    const app = await application();
    const edited = await access.applications.settings.edit(app.id, { ...account, skip_interstitial: true });
    assert.equal(edited.skip_interstitial, true);
    const updated = await access.applications.settings.update(app.id, { ...account, allow_iframe: true });
    assert.equal(updated.allow_iframe, true);
    await access.applications.delete(app.id, account);
  },

  async mcp_applications() {
    const portal = await access.applications.create({ ...account, type: 'mcp_portal', name: `portal ${unique}`, domain });
    assert.equal(portal.oauth_configuration.enabled, true);
    const server = await access.applications.create({ ...account, type: 'mcp', name: `mcp ${unique}`, destinations: [{ type: 'via_mcp_server_portal', mcp_server_id: 'github' }] });
    assert.equal(server.destinations[0].mcp_server_id, 'github');
    assert.equal(server.domain, undefined);
    await access.applications.delete(portal.id, account);
    await access.applications.delete(server.id, account);
  },

  async mcp_servers() {
    const { servers } = access.aiControls.mcp;
    const id = `s-${unique}`;
    const created = await servers.create({ ...account, id, name: 'Server', hostname: 'https://mcp.invalid/mcp', auth_type: 'bearer', auth_credentials: 'sk-1', updated_tools: [{ name: 'search', alias: 'find', enabled: true }] });
    assert.equal(created.id, id);
    assert.equal(created.authentication_status, 'not_required');
    assert.ok(['waiting', 'error'].includes(created.status));
    assert.equal((await servers.read(id, account)).updated_tools[0].alias, 'find');
    await listed(servers.list({ ...account, search: id }), item => item.id === id);
    assert.equal((await servers.update(id, { ...account, name: 'Renamed', auth_credentials: '{"headers":{"x-key":"2"}}' })).name, 'Renamed');
    for (const end = Date.now() + 60_000; ; await new Promise(resolve => setTimeout(resolve, 200))) {
      const synced = await servers.sync(id, account);
      if (synced.status === 'error' && synced.error) break;
      assert.ok(Date.now() < end, JSON.stringify(synced)); // somebody else is reading it
    }
    assert.equal((await servers.read(id, account)).status, 'error');
    await servers.delete(id, account);
    await gone(() => servers.read(id, account));
  },

  async mcp_portals() {
    const { servers, portals } = access.aiControls.mcp;
    const [server, id] = [`s-${unique}`, `p-${unique}`];
    await servers.create({ ...account, id: server, name: 'Server', hostname: 'https://mcp.invalid/mcp', auth_type: 'unauthenticated' });
    const created = await portals.create({ ...account, id, name: 'Portal', hostname: domain, servers: [{ server_id: server, default_disabled: true, on_behalf: false }] });
    assert.equal(created.id, id);
    assert.equal(created.servers[0].server_id, server);
    assert.equal(created.servers[0].auth_type, 'unauthenticated');
    const application = await access.applications.get(created.application_id, account);
    assert.equal(application.type, 'mcp_portal');
    assert.equal(application.oauth_configuration.enabled, true);
    await listed(portals.list({ ...account, search: domain }), item => item.id === id);
    const updated = await portals.update(id, { ...account, code_mode: 'opt_in', servers: [] });
    assert.deepEqual([updated.code_mode, updated.allow_code_mode, updated.servers.length], ['opt_in', true, 0]);
    assert.equal((await portals.delete(id, account)).id, id);
    await gone(() => portals.read(id, account));
    await gone(() => access.applications.get(created.application_id, account));
    await servers.delete(server, account);
  },

  async policy_tests() {
    const policy = await access.policies.create({ ...account, name: `tested ${unique}`, decision: 'allow', include: everyone });
    const started = await access.applications.policyTests.create({ ...account, policies: [policy.id] });
    const test = await access.applications.policyTests.get(started.id, account);
    assert.equal(test.users_approved, test.total_users);
    for await (const user of access.applications.policyTests.users.list(started.id, account)) {
      assert.equal(user.status, 'approved');
    }
    await access.policies.delete(policy.id, account);
  },

  async policies() {
    const created = await fiveCalls(
      access.policies,
      { name: `policy ${unique}`, decision: 'allow', include: [{ email: { email: 'a@example.com' } }, { ip: { ip: '192.0.2.0/24' } }], exclude: [{ email: { email: 'b@example.com' } }], require: [], session_duration: '6h' },
      { name: `policy 2 ${unique}`, decision: 'deny' });
    assert.equal(created.reusable, true);
    assert.equal(created.app_count, 0);
  },

  async groups() {
    await fiveCalls(access.groups, { name: `group ${unique}`, include: [{ email_domain: { domain: 'example.com' } }], exclude: [], require: [] }, { name: `group 2 ${unique}` });
  },

  async tags() {
    await fiveCalls(access.tags, { name: `tag-${unique}` }, {}, item => item.name);
  },

  async custom_pages() {
    for (const type of ['forbidden', 'identity_denied']) {
      const created = await fiveCalls(access.customPages, { name: `page ${type} ${unique}`, type, custom_html: '<html><body><h1>No</h1></body></html>' }, { name: `page 2 ${type} ${unique}` }, item => item.uid ?? item.id);
      assert.equal(created.type, type);
    }
  },

  async service_tokens() {
    const created = await access.serviceTokens.create({ ...account, name: `machine ${unique}`, duration: '8760h' });
    assert.match(created.client_id, /\.access$/);
    assert.ok(created.client_secret.length >= 40);
    const read = await access.serviceTokens.get(created.id, account);
    assert.equal(read.client_secret, undefined);
    await listed(access.serviceTokens.list(account), item => item.id === created.id);
    assert.equal((await access.serviceTokens.update(created.id, { ...account, name: `renamed ${unique}` })).name, `renamed ${unique}`);
    assert.ok((await access.serviceTokens.refresh(created.id, account)).expires_at);
    const rotated = await access.serviceTokens.rotate(created.id, { ...account, previous_client_secret_expires_at: new Date(Date.now() + 3600_000).toISOString() });
    assert.notEqual(rotated.client_secret, created.client_secret);
    assert.equal(rotated.client_id, created.client_id);
    const version = 2; // 1 at first, and one more by the rotation
    const newer = await access.serviceTokens.update(created.id, { ...account, name: `renamed ${unique}`, client_secret_version: version + 1 });
    assert.ok(newer.client_secret && newer.client_secret !== rotated.client_secret);
    assert.equal((await access.serviceTokens.update(created.id, { ...account, name: `renamed ${unique}`, client_secret_version: version + 1 })).client_secret, undefined);
    await assert.rejects(() => access.serviceTokens.update(created.id, { ...account, client_secret_version: version }), error => error.status === 400);
    await access.serviceTokens.delete(created.id, account);
    await gone(() => access.serviceTokens.get(created.id, account));
  },

  async identity_providers() {
    const created = await fiveCalls(
      identityProviders,
      {
        name: `oidc ${unique}`, type: 'oidc',
        config: { client_id: 'client', client_secret: 'a secret of some length', auth_url: 'https://idp.example.com/auth', token_url: 'https://idp.example.com/token', certs_url: 'https://idp.example.com/certs', scopes: ['openid', 'email'], claims: ['groups'], pkce_enabled: true },
      },
      { name: `oidc 2 ${unique}` });
    assert.ok(!JSON.stringify(created).includes('a secret of some length'));
    assert.equal(created.config.client_id, 'client');
    // There is one that sends PINs, which the first start set up.
    const pin = await listed(identityProviders.list(account), item => item.type === 'onetimepin');
    const { id, name, type, config } = await identityProviders.get(pin.id, account);
    assert.equal((await identityProviders.update(id, { ...account, name, type, config })).name, name);
    await assert.rejects(() => identityProviders.create({ ...account, name: `pin ${unique}`, type, config }), error => [400, 409].includes(error.status));
    const github = await fiveCalls(identityProviders, { name: `github ${unique}`, type: 'github', config: { client_id: 'client', client_secret: 'a secret of some length' } }, { name: `github 2 ${unique}` });
    assert.ok(!JSON.stringify(github).includes('a secret of some length'));
  },

  async organization() {
    const before = await organizations.list(account);
    const updated = await organizations.update({ ...account, ...before, session_duration: '20h' });
    assert.equal(updated.session_duration, '20h');
    const restored = await organizations.update({ ...account, ...before });
    assert.equal(restored.session_duration, before.session_duration);
    // There is one, which the first start set up.
    await assert.rejects(() => organizations.create({ ...account, name: 'another', auth_domain: before.auth_domain }), error => error.status === 409);
  },

  async lists() {
    const created = await gateway.lists.create({ ...account, name: `list ${unique}`, type: 'EMAIL', items: [{ value: 'a@example.com' }] });
    assert.equal((await gateway.lists.get(created.id, account)).name, `list ${unique}`);
    await listed(gateway.lists.list(account), item => item.id === created.id);
    await gateway.lists.edit(created.id, { ...account, append: [{ value: 'b@example.com' }], remove: ['a@example.com'] });
    const items = [];
    for await (const item of gateway.lists.items.list(created.id, account)) items.push(item);
    assert.deepEqual(items.flat().map(item => item.value), ['b@example.com']);
    await gateway.lists.update(created.id, { ...account, name: `list 2 ${unique}` });
    await gateway.lists.delete(created.id, account);
    await gone(() => gateway.lists.get(created.id, account));
  },

  async keys() {
    const before = await access.keys.get(account);
    assert.ok(before.key_rotation_interval_days > 0);
    const updated = await access.keys.update({ ...account, key_rotation_interval_days: 60 });
    assert.equal(updated.key_rotation_interval_days, 60);
    let rotated;
    for (const end = Date.now() + 120_000; !rotated; ) {
      rotated = await access.keys.rotate(account).catch(error => {
        if (error.status !== 409 || Date.now() > end) throw error; // the next key was published only just now
      });
      if (!rotated) await new Promise(resolve => setTimeout(resolve, 500));
    }
    assert.ok(rotated.last_key_rotation_at);
  },

  async users() {
    for await (const user of access.users.list(account)) {
      assert.ok(user.email);
      for await (const session of access.users.activeSessions.list(user.id, account)) assert.ok(session.expiration);
      for await (const failed of access.users.failedLogins.list(user.id, account)) assert.ok(failed.expiration !== undefined);
      break;
    }
    const user = await listed(access.users.list({ ...account, email }), item => item.email === email);
    const identity = await access.users.lastSeenIdentity.get(user.id, account);
    assert.equal(identity.email, email);
    assert.ok(identity.iat > 0);
    const sessions = [];
    for await (const session of access.users.activeSessions.list(user.id, account)) sessions.push(session);
    assert.ok(sessions.length > 0);
  },

  async user_policy_checks() {
    const policy = await access.policies.create({ ...account, name: `checked ${unique}`, decision: 'allow', include: [{ email: { email } }] });
    const app = await application({ policies: [{ id: policy.id, precedence: 1 }] });
    // The original answers for whoever asks; a token is nobody, so here the user is named.
    const checks = await access.applications.userPolicyChecks.list(app.id, account, { query: { email } });
    assert.equal(checks.app_state.status, 'approved');
    assert.equal(checks.app_state.policies[0].name, policy.name);
    assert.equal(checks.user_identity.email, email);
    await assert.rejects(() => access.applications.userPolicyChecks.list(app.id, account), error => error.status === 400 && error.errors[0].message.includes('email'));
    await access.applications.delete(app.id, account);
    await access.policies.delete(policy.id, account);
  },

  async api_tokens() {
    const { tokens } = client.accounts;
    const groups = [];
    for await (const group of tokens.permissionGroups.list(account)) groups.push(group);
    const read = groups.find(group => group.id === 'audit_logs_read');
    assert.equal(read.name, 'Access: Audit Logs Read');
    const policies = [{ effect: 'allow', permission_groups: [{ id: read.id }], resources: { 'com.cloudflare.api.account.default': '*' } }];
    const created = await tokens.create({ ...account, name: `token ${unique}`, policies, expires_on: new Date(Date.now() + 3600_000).toISOString() });
    assert.match(created.value, /^mo_api_/);
    const own = new Cloudflare({ baseURL, apiToken: created.value, maxRetries: 0, timeout: 120_000, fetch: patient });
    assert.equal((await own.accounts.tokens.verify(account)).status, 'active');
    await own.zeroTrust.access.logs.accessRequests.list({ ...account, limit: 1 });
    await assert.rejects(() => own.zeroTrust.access.groups.create({ ...account, name: 'x', include: everyone }), error => error.status === 403);
    assert.equal((await tokens.get(created.id, account)).value, undefined);
    await listed(tokens.list(account), item => item.id === created.id);
    assert.equal((await tokens.update(created.id, { ...account, name: `renamed ${unique}`, policies })).name, `renamed ${unique}`);
    const { id } = created;
    assert.equal((await tokens.update(id, { ...account, name: created.name, policies, status: 'disabled' })).status, 'disabled');
    await assert.rejects(() => own.accounts.tokens.verify(account), error => error.status === 401);
    const elsewhere = { request_ip: { in: ['192.0.2.0/24'], not_in: ['192.0.2.7/32'] } };
    assert.deepEqual((await tokens.update(id, { ...account, name: created.name, policies, status: 'active', condition: elsewhere })).condition, elsewhere);
    await assert.rejects(() => own.accounts.tokens.verify(account), error => [401, 403].includes(error.status));
    const here = { request_ip: { in: ['127.0.0.0/8', '::1/128'] } };
    assert.deepEqual((await tokens.update(id, { ...account, name: created.name, policies, status: 'active', condition: here })).condition, here);
    assert.equal((await own.accounts.tokens.verify(account)).status, 'active');
    const rolled = await tokens.value.update(created.id, { ...account, body: {} });
    assert.notEqual(rolled.value ?? rolled, created.value);
    await assert.rejects(() => own.accounts.tokens.verify(account), error => error.status === 401);
    await tokens.delete(created.id, account);
    await gone(() => tokens.get(created.id, account));
  },

  async scim() {
    const created = await identityProviders.create({
      ...account, name: `provisioning ${unique}`, type: 'oidc',
      config: { client_id: 'client', client_secret: 'a secret of some length', auth_url: 'https://idp.example.com/auth', token_url: 'https://idp.example.com/token', certs_url: 'https://idp.example.com/certs' },
      scim_config: { enabled: true, user_deprovision: true, identity_update_behavior: 'automatic' },
    });
    const { secret, scim_base_url } = created.scim_config;
    const provision = async (path, body) => {
      const answer = await fetch(`${scim_base_url}/${path}`, { method: 'POST', headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/scim+json' }, body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    };
    const userName = `provisioned-${unique}@example.com`;
    let user;
    for (const end = Date.now() + 60_000; ; await new Promise(resolve => setTimeout(resolve, 100))) {
      user = await provision('Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName, active: true });
      if (user.status === 201) break;
      assert.ok(Date.now() < end, `provisioning answers ${user.status}`); // the new provider is on its way
    }
    const group = await provision('Groups', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: `eng ${unique}`, members: [{ value: user.body.id }] });
    assert.equal(group.status, 201);
    const { scim } = identityProviders;
    assert.equal((await listed(scim.users.list(created.id, account), item => item.userName === userName)).active, true);
    await listed(scim.groups.list(created.id, account), item => item.displayName === `eng ${unique}`);
    const updates = [];
    for await (const update of access.logs.scim.updates.list({ ...account, idp_id: [created.id] })) updates.push(update);
    assert.equal(updates.filter(update => update.status === 'SUCCESS').length, 2);
    const { scim_config, ...rest } = await identityProviders.update(created.id, { ...account, name: created.name, type: 'oidc', config: created.config, scim_config: { enabled: false } });
    assert.equal(scim_config.enabled, false);
    assert.equal(rest.name, created.name);
    await identityProviders.delete(created.id, account);
  },

  async access_requests() {
    for (const row of await access.logs.accessRequests.list({ ...account, limit: 5, direction: 'desc' })) {
      assert.ok(row.created_at);
      assert.equal(typeof row.allowed, 'boolean');
    }
  },

  async revocations() {
    const app = await application();
    await access.applications.revokeTokens(app.id, account);
    await organizations.revokeUsers({ ...account, email: `nobody-${unique}@example.com` });
    await access.applications.delete(app.id, account);
  },

  // What is wrong is told in the original's envelope, with its code and a pointer.
  async errors() {
    const refused = error => error.status === 400 && error.errors[0].code === 12130 && error.errors[0].message.startsWith('access.api.error.invalid_request');
    await assert.rejects(() => application({ type: 'ssh' }), refused);
    await assert.rejects(() => application({ tags: ['no such tag'] }), refused);
    await assert.rejects(() => access.policies.create({ ...account, name: 'x', decision: 'allow', include: [{ device_posture: { integration_uid: 'a' } }] }), refused);
    await assert.rejects(() => access.applications.get('00000000-0000-0000-0000-000000000000', account), error => error.status === 404);
    const stranger = new Cloudflare({ baseURL, apiToken: 'mo_api_0000', maxRetries: 0, fetch: patient });
    await assert.rejects(() => stranger.zeroTrust.access.policies.get('x', account), error => [401, 403].includes(error.status));
  },
};

await kinds[kind]();
console.log(`${kind}: ok`);
