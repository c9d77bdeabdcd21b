// An OpenID Connect provider (npm oidc-provider) whose users, claims and decisions a test scripts. Its whole state stands in one file, so that a
// provider that was killed goes on where it was. Arguments: port, state file, redirect URI of its one client. With a fourth argument "mcp" it also protects
// an MCP server at /mcp: clients register themselves, tokens are for that resource and live for some seconds.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, file, redirectUri, kind] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const state = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { entries: {}, accounts: {}, current: null, key: newKey() };

function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'RS256' };
}

function save() {
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

class FileAdapter {
  constructor(model) {
    this.prefix = `${model}:`;
  }

  async upsert(id, payload) {
    state.entries[this.prefix + id] = payload;
    save();
  }

  async find(id) {
    return state.entries[this.prefix + id];
  }

  async findByUid(uid) {
    return Object.entries(state.entries).find(([key, value]) => key.startsWith(this.prefix) && value.uid === uid)?.[1];
  }

  async findByUserCode() {
    return undefined;
  }

  async consume(id) {
    state.entries[this.prefix + id].consumed = Math.floor(Date.now() / 1000);
    save();
  }

  async destroy(id) {
    delete state.entries[this.prefix + id];
    save();
  }

  async revokeByGrantId(grantId) {
    for (const [key, value] of Object.entries(state.entries)) {
      if (value.grantId === grantId) delete state.entries[key];
    }
    save();
  }
}

const resource = `${issuer}/mcp`;
const mcp = {
  registration: { enabled: true },
  revocation: { enabled: true },
  resourceIndicators: {
    enabled: true,
    getResourceServerInfo: () => ({ scope: 'notes', audience: resource, accessTokenTTL: 8, accessTokenFormat: 'opaque' }),
    useGrantedResource: () => true,
  },
};

save();
const provider = new Provider(issuer, {
  adapter: FileAdapter,
  jwks: { keys: [state.key] },
  cookies: { keys: ['only-for-tests'] },
  clients: [{
    client_id: 'managed-oauth',
    client_secret: 'a secret of the end-to-end tests',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], groups: ['groups', 'department'] },
  features: { devInteractions: { enabled: false }, ...(kind === 'mcp' ? mcp : {}) },
  pkce: { required: () => true },
  rotateRefreshToken: () => true,
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_, sub) => state.accounts[sub] && { accountId: sub, claims: () => ({ sub, ...state.accounts[sub] }) },
});

// The script's user logs in and agrees without being asked.
async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    return provider.interactionFinished(request, response, { login: { accountId: state.current } }, { mergeWithLastSubmission: false });
  }
  const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  if (params.resource) grant.addResourceScope(params.resource, 'notes');
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

// PUT /script {"sub": ..., "claims": {...}}: who logs in next, and their claims; claims null removes the account.
async function script(request, response) {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { sub, claims } = JSON.parse(body);
  if (claims === null) delete state.accounts[sub];
  else state.accounts[sub] = claims;
  state.current = sub;
  save();
  response.writeHead(204).end();
}

// The least of an MCP server (2025-11-25) with one tool that tells whose token it got.
async function serveMcp(request, response) {
  const token = await provider.AccessToken.find((request.headers.authorization ?? '').slice('Bearer '.length));
  if (!token?.isValid || token.aud !== resource) {
    return response.writeHead(401, { 'WWW-Authenticate': `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource/mcp", scope="notes"` }).end();
  }
  let body = '';
  for await (const chunk of request) body += chunk;
  const { id, method } = JSON.parse(body || '{}');
  const result = {
    initialize: { protocolVersion: '2025-11-25', capabilities: { tools: {} }, serverInfo: { name: 'oidc', version: '1' } },
    'tools/list': { tools: [{ name: 'account', description: 'Whose token it is.', inputSchema: { type: 'object' } }] },
    'tools/call': { content: [{ type: 'text', text: String(token.accountId) }] },
  }[method];
  if (id === undefined) return response.writeHead(202).end();
  response.writeHead(200, { 'Content-Type': 'application/json' });
  return response.end(JSON.stringify(result ? { jsonrpc: '2.0', id, result } : { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } }));
}

function describeMcp(response) {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify({ resource, authorization_servers: [issuer], scopes_supported: ['notes'] }));
}

const serve = provider.callback();
createServer(async (request, response) => {
  try {
    if (request.url === '/script' && request.method === 'PUT') await script(request, response);
    else if (kind === 'mcp' && request.url === '/mcp') await serveMcp(request, response);
    else if (kind === 'mcp' && request.url === '/.well-known/oauth-protected-resource/mcp') describeMcp(response);
    else if (request.url.startsWith('/interaction/')) await interact(request, response);
    else serve(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
