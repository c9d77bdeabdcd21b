// An OpenID Connect provider (npm oidc-provider) whose users, claims and decisions a test scripts. Its whole state stands in one file, so that a
// provider that was killed goes on where it was. Arguments: port, state file, redirect URI of its one client.
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const [port, file, redirectUri] = process.argv.slice(2);
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
  features: { devInteractions: { enabled: false } },
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

const serve = provider.callback();
createServer(async (request, response) => {
  try {
    if (request.url === '/script' && request.method === 'PUT') await script(request, response);
    else if (request.url.startsWith('/interaction/')) await interact(request, response);
    else serve(request, response);
  } catch (error) {
    console.error(error);
    response.writeHead(500).end();
  }
}).listen(Number(port), '127.0.0.1', () => console.log('ready'));
