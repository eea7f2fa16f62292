// The TypeScript SDKs signing in by themselves: everything but the person's answer, which the test gives.
import { Client as ClientOne } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportOne } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as ClientTwo, StreamableHTTPClientTransport as TransportTwo } from '@modelcontextprotocol/client';
import { serve } from './driver.mjs';

const REDIRECT = 'http://127.0.0.1:43117/callback';

let client;
let connectNew;
let transport;
let provider;
let asked;

const providerOf = ({ clientId, clientSecret, clientMetadataUrl }) => {
  let information = clientId ? { client_id: clientId, ...(clientSecret ? { client_secret: clientSecret } : {}) } : undefined;
  let tokens;
  let verifier;
  return {
    redirectUrl: REDIRECT,
    ...(clientMetadataUrl ? { clientMetadataUrl } : {}),
    clientMetadata: {
      client_name: 'Acceptance client',
      redirect_uris: [REDIRECT],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    },
    state: () => 'state-of-the-client',
    clientInformation: () => information,
    saveClientInformation: saved => (information = saved),
    tokens: () => tokens,
    saveTokens: saved => (tokens = saved),
    redirectToAuthorization: url => (asked = url.toString()),
    saveCodeVerifier: saved => (verifier = saved),
    codeVerifier: () => verifier,
    invalidateCredentials: scope => {
      if (scope === 'all' || scope === 'tokens') {
        tokens = undefined;
      }

      if (scope === 'all' || scope === 'client') {
        information = undefined;
      }
    },
  };
};

const attempt = async () => {
  asked = undefined;
  try {
    await connectNew();
    return { connected: true };
  } catch (error) {
    if (asked) {
      return { authorizationUrl: asked };
    }

    throw error;
  }
};

await serve({
  async connect({ url, sdk, ...known }) {
    provider = providerOf(known);
    connectNew = async () => {
      const [Client, Transport] = sdk === 'v1' ? [ClientOne, TransportOne] : [ClientTwo, TransportTwo];
      transport = new Transport(new URL(url), { authProvider: provider });
      client = new Client({ name: 'acceptance-oauth', version: '1.0.0' }, sdk === 'v2' ? { versionNegotiation: { mode: 'auto' } } : {});
      await client.connect(transport);
    };
    return attempt();
  },
  async finish({ code, iss }) {
    await transport.finishAuth(code, iss);
    return attempt();
  },
  list: async () => (await client.listTools()).tools,
  call: ({ name, arguments: args }) => client.callTool({ name, arguments: args }),
  tokens: () => provider.tokens(),
  client: () => provider.clientInformation(),
  // What a client holds when its access token has run out.
  expire: () => provider.saveTokens({ ...provider.tokens(), access_token: 'tgo_expired' }),
  close: () => client.close(),
});
