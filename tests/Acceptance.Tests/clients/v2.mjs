// The TypeScript SDK v2: both eras, chosen by versionNegotiation: 'legacy', 'auto' or { pin: '2026-07-28' }.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { asked, heard, offers, serve, Signal, within } from './driver.mjs';

const changes = new Signal();
const offerChanges = new Signal();
const updates = [];
const messages = [];
const level = { inRequests: null, call: (on, params, options) => on.callTool(params, options) };
const updated = new Signal();
const streams = new Signal();
let client;
let transport;
let subscription;

const watchingFetch = async (url, init) => {
  const response = await fetch(url, init);
  if ((init?.method ?? 'GET') === 'GET' && response.ok) {
    streams.raise();
  }

  return response;
};

await serve({
  async connect({ url, token, mode, asks }) {
    transport = new StreamableHTTPClientTransport(new URL(url), {
      requestInit: { headers: token ? { Authorization: `Bearer ${token}` } : {} },
      fetch: watchingFetch,
    });
    client = new Client({ name: 'acceptance-ts-v2', version: '1.0.0' }, { versionNegotiation: { mode }, ...(asks ? { capabilities: asked.capabilities } : {}) });
    for (const [method, answer] of Object.entries(asks ? asked.answers : {})) {
      client.setRequestHandler(method, answer);
    }

    client.setNotificationHandler('notifications/message', ({ params }) => messages.push(params));
    client.setNotificationHandler('notifications/tools/list_changed', () => changes.raise());
    client.setNotificationHandler('notifications/resources/list_changed', () => offerChanges.raise());
    client.setNotificationHandler('notifications/prompts/list_changed', () => offerChanges.raise());
    client.setNotificationHandler('notifications/resources/updated', ({ params }) => (updates.push(params.uri), updated.raise()));
    await client.connect(transport);
    return {
      era: client.getProtocolEra() ?? null,
      protocolVersion: client.getNegotiatedProtocolVersion() ?? null,
      sessionId: transport.sessionId ?? null,
      server: client.getServerVersion() ?? null,
      capabilities: client.getServerCapabilities() ?? null,
      instructions: client.getInstructions() ?? null,
    };
  },
  async listen() {
    if (client.getProtocolEra() !== 'modern') {
      await within(streams.reach(1), 'the GET stream');
      return null;
    }

    subscription = await client.listen({ toolsListChanged: true });
    return subscription.honoredFilter;
  },
  ended: () => within(subscription.closed, 'the end of the subscription'),
  list: async () => (await client.listTools(undefined, { cacheMode: 'refresh' })).tools,
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args }),
  ...offers(() => client),
  ...heard(() => client, messages, level),
  async level({ level: least }) {
    if (client.getProtocolEra() !== 'modern') {
      return client.setLoggingLevel(least);
    }

    // Since 2026-07-28 each request says what it wants to hear.
    level.inRequests = least;
  },
  async follow({ uri }) {
    if (client.getProtocolEra() !== 'modern') {
      return client.subscribeResource({ uri });
    }

    return (await client.listen({ resourcesListChanged: true, promptsListChanged: true, resourceSubscriptions: [uri] })).honoredFilter;
  },
  offerChanges: ({ count }) => within(offerChanges.reach(count), `${count} changes of offers`),
  updates: ({ count }) => within(updated.reach(count), `${count} updates`).then(() => updates),
  ping: () => client.ping(),
  changes: ({ count }) => within(changes.reach(count), `${count} list_changed`).then(() => changes.count),
  async close() {
    await transport.terminateSession?.();
    await client.close();
  },
});
