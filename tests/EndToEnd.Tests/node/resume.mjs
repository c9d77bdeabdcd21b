// npm's MCP SDK whose connection breaks in the middle of a call: another transport takes the call up where it broke (Last-Event-ID).
//   node resume.mjs ENDPOINT ACCESS_TOKEN TOOL
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { CallToolResultSchema } from '@modelcontextprotocol/sdk/types.js';

const [endpoint, token, tool] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = message => process.stdout.write(JSON.stringify(message) + '\n');
const options = { requestInit: { headers: { Authorization: `Bearer ${token}` } } };
const request = { method: 'tools/call', params: { name: tool, arguments: {} } };
const newClient = () => new Client({ name: 'npm SDK', version: '1' }, { capabilities: {} });

const first = new StreamableHTTPClientTransport(new URL(endpoint), options);
const client = newClient();
await client.connect(first);
let last;
const begun = new Promise(resolve => client.request(request, CallToolResultSchema, { onprogress: resolve, onresumptiontoken: id => { last = id; } }).catch(() => {}));
await begun;
const { sessionId, protocolVersion } = first;
await first.close();
say({ broken: last });

await lines.next();
const second = new StreamableHTTPClientTransport(new URL(endpoint), { ...options, sessionId });
const again = newClient();
await again.connect(second);
second.setProtocolVersion?.(protocolVersion);
say({ result: await again.request(request, CallToolResultSchema, { resumptionToken: last, onresumptiontoken: () => {} }) });
process.exit(0);
