// The TypeScript SDK v1: sessions (2025-11-25), with the GET stream that carries list_changed.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
  PromptListChangedNotificationSchema,
  ResourceListChangedNotificationSchema,
  ResourceUpdatedNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { asked, heard, offers, serve, Signal, within } from './driver.mjs';

const changes = new Signal();
const offerChanges = new Signal();
const updates = [];
const messages = [];
const updated = new Signal();
const failures = new Signal();
const streams = new Signal();
let client;
let transport;

// The client opens its GET stream after the handshake and does not say when; a test that waits for a notification must know.
const watchingFetch = async (url, init) => {
  const response = await fetch(url, init);
  if ((init?.method ?? 'GET') === 'GET' && response.ok) {
    streams.raise();
  }

  return response;
};

await serve({
  async connect({ url, token, sessionId, protocolVersion, asks }) {
    transport = new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: token ? { Authorization: `Bearer ${token}` } : {} },
      fetch: watchingFetch,
      ...(sessionId ? { sessionId } : {}),
    });
    if (sessionId) {
      transport.setProtocolVersion(protocolVersion);
    }

    client = new Client({ name: 'acceptance-ts-v1', version: '1.0.0' }, asks ? { capabilities: asked.capabilities } : {});
    if (asks) {
      client.setRequestHandler(ElicitRequestSchema, asked.answers['elicitation/create']);
      client.setRequestHandler(CreateMessageRequestSchema, asked.answers['sampling/createMessage']);
      client.setRequestHandler(ListRootsRequestSchema, asked.answers['roots/list']);
    }

    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => messages.push(params));
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => changes.raise());
    client.setNotificationHandler(ResourceListChangedNotificationSchema, () => offerChanges.raise());
    client.setNotificationHandler(PromptListChangedNotificationSchema, () => offerChanges.raise());
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => (updates.push(params.uri), updated.raise()));
    client.onerror = () => failures.raise();
    await client.connect(transport);
    return {
      era: 'legacy',
      protocolVersion: transport.protocolVersion ?? null,
      sessionId: transport.sessionId ?? null,
      server: client.getServerVersion() ?? null,
      capabilities: client.getServerCapabilities() ?? null,
      instructions: client.getInstructions() ?? null,
    };
  },
  listen: () => within(streams.reach(1), 'the GET stream'),
  list: async () => (await client.listTools()).tools,
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args }),
  ...offers(() => client),
  ...heard(() => client, messages, { call: (on, params, options) => on.callTool(params, undefined, options) }),
  level: ({ level }) => client.setLoggingLevel(level),
  follow: ({ uri }) => client.subscribeResource({ uri }),
  offerChanges: ({ count }) => within(offerChanges.reach(count), `${count} changes of offers`),
  updates: ({ count }) => within(updated.reach(count), `${count} updates`).then(() => updates),
  ping: () => client.ping(),
  changes: ({ count }) => within(changes.reach(count), `${count} list_changed`).then(() => changes.count),
  failures: ({ count }) => within(failures.reach(count), `${count} transport failures`).then(() => failures.count),
  async close() {
    await transport.terminateSession();
    await client.close();
  },
});
