// Drives an official MCP client from the acceptance tests: one JSON command a line on stdin, one JSON reply a line on stdout.
// The commands are the same for every client, so that one scenario runs with each of them.
import { createInterface } from 'node:readline';

/** How long a command may wait for something that the server owes, in milliseconds. Generous: the machine may be busy. */
const PATIENCE = 30_000;

/** Counts what happens behind the client's back and lets commands wait for it. */
export class Signal {
  #count = 0;
  #waiting = [];

  raise() {
    this.#count++;
    this.#waiting = this.#waiting.filter(({ until, resolve }) => (this.#count >= until ? (resolve(), false) : true));
  }

  get count() {
    return this.#count;
  }

  reach(until) {
    return this.#count >= until ? Promise.resolve() : new Promise(resolve => this.#waiting.push({ until, resolve }));
  }
}

export function within(promise, what) {
  let timer;
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${PATIENCE} ms for ${what}.`)), PATIENCE);
  });
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer));
}

/** Commands about resources and prompts: their names are the same in both SDKs. */
export const offers = client => ({
  capabilities: () => client().getServerCapabilities(),
  resources: async () => (await client().listResources(undefined, { cacheMode: 'refresh' })).resources,
  templates: async () => (await client().listResourceTemplates(undefined, { cacheMode: 'refresh' })).resourceTemplates,
  prompts: async () => (await client().listPrompts(undefined, { cacheMode: 'refresh' })).prompts,
  read: ({ uri }) => client().readResource({ uri }, { cacheMode: 'refresh' }),
  prompt: ({ name, arguments: args }) => client().getPrompt({ name, arguments: args }),
  complete: ({ ref, argument }) => client().complete({ ref, argument }),
});

/** What a client can be asked, and its answers: for tests in which a server asks. */
export const asked = {
  capabilities: { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} },
  answers: {
    'elicitation/create': ({ params }) => ({
      action: 'accept',
      ...(params.mode === 'url' ? {} : { content: 'approve' in params.requestedSchema.properties ? { approve: true } : { name: 'Ada Lovelace' } }),
    }),
    'sampling/createMessage': () => ({ role: 'assistant', model: 'test', content: { type: 'text', text: 'Sampled by the client' } }),
    'roots/list': () => ({ roots: [{ uri: 'file:///home/ada', name: 'Home of Ada' }] }),
  },
};

/** Commands for what a server says while a call is under way. */
export const heard = (client, messages, level) => ({
  async converse({ name, arguments: args }) {
    const progress = [];
    const params = { name, arguments: args, ...(level.inRequests ? { _meta: { 'io.modelcontextprotocol/logLevel': level.inRequests } } : {}) };
    const options = { onprogress: ({ progress: now, total }) => progress.push([now, total]), timeout: PATIENCE };
    const result = await level.call(client(), params, options);
    return { result, progress, messages: messages.splice(0) };
  },
});

const describe = error => ({
  name: error?.constructor?.name ?? 'Error',
  message: String(error?.message ?? error),
  code: error?.code ?? null,
  status: error?.status ?? error?.data?.status ?? null,
  data: error?.data ?? null,
});

/** Serves commands until stdin ends. */
export async function serve(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, op, ...rest } = JSON.parse(line);
    let reply;
    try {
      reply = { id, ok: true, result: (await commands[op](rest)) ?? null };
    } catch (error) {
      reply = { id, ok: false, error: describe(error) };
    }

    process.stdout.write(JSON.stringify(reply) + '\n');
  }

  process.exit(0);
}
