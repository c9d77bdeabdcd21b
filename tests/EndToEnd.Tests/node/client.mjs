// npm's MCP SDK as a client with nothing but an address. What it is to do comes in lines on stdin, what it found goes out in lines on stdout, as JSON.
//   node client.mjs ENDPOINT REDIRECT_URI
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [endpoint, redirectUri] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = message => process.stdout.write(JSON.stringify(message) + '\n');
const next = async () => {
  const { value, done } = await lines.next();
  return done ? process.exit(0) : JSON.parse(value);
};

// Everything that the SDK asks to be kept, in memory.
const kept = {};
const provider = {
  get redirectUrl() { return redirectUri; },
  get clientMetadata() { return { client_name: 'npm SDK', redirect_uris: [redirectUri], grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], token_endpoint_auth_method: 'none' }; },
  clientInformation: () => kept.client,
  saveClientInformation: client => { kept.client = client; },
  tokens: () => kept.tokens,
  saveTokens: tokens => { kept.tokens = tokens; },
  codeVerifier: () => kept.verifier,
  saveCodeVerifier: verifier => { kept.verifier = verifier; },
  redirectToAuthorization: url => say({ authorize: url.toString() }),
};

const connect = async transport => {
  const client = new Client({ name: 'npm SDK', version: '1' }, { capabilities: { elicitation: { form: {}, url: {} } } });
  await client.connect(transport);
  return client;
};

let client;
const first = new StreamableHTTPClientTransport(new URL(endpoint), { authProvider: provider });
try {
  client = await connect(first);
} catch (error) {
  if (!(error instanceof UnauthorizedError)) {
    throw error;
  }

  // The user was led to the login; the line tells with which code they came back.
  await first.finishAuth((await next()).code);
  client = await connect(new StreamableHTTPClientTransport(new URL(endpoint), { authProvider: provider }));
}

say({ ready: true });
while (true) {
  const { tool, arguments: args } = await next();
  try {
    say({ result: tool ? await client.callTool({ name: tool, arguments: args ?? {} }) : await client.listTools() });
  } catch (error) {
    say({ error: { code: error.code, message: error.message, data: error.data } });
  }
}
