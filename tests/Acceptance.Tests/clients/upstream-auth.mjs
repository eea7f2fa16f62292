// Has Toolgate, as a client, do what a scenario of the conformance suite asks for: register the server, authorize a connection as a person would, list, and call.
// The suite starts it once a scenario with the server's URL as the last argument; TOOLGATE_URL, TOOLGATE_KEY and TOOLGATE_COOKIE say where Toolgate is.
const server = process.argv.at(-1);
const { TOOLGATE_URL: base, TOOLGATE_KEY: key, TOOLGATE_COOKIE: cookie, MCP_CONFORMANCE_CONTEXT: given } = process.env;
const context = given ? JSON.parse(given) : {};
const slug = `scenario-${process.pid}-${Date.now() % 100_000}`;
const connection = `org/${slug}/main`;
const mostAuthorizations = 3;
let authorizations = 0;

async function api(method, path, body) {
  const response = await fetch(base + path, {
    method,
    headers: { Authorization: `Bearer ${key}`, ...(body ? { 'Content-Type': 'application/json' } : {}) },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, json: text ? JSON.parse(text) : null };
}

async function must(method, path, body) {
  const answer = await api(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)}`);
  return answer.json;
}

async function authorize(scopes) {
  if (++authorizations > mostAuthorizations) throw new Error('more authorizations than a person would be patient for');
  const { authorizationUrl } = await must('POST', '/api/connections/oauth/start', { owner: 'org', integration: slug, name: 'main', scopes });
  const consent = await fetch(authorizationUrl, { redirect: 'manual' });
  const back = new URL(consent.headers.get('location'));
  const page = await fetch(base + back.pathname + back.search, { headers: { Cookie: cookie }, redirect: 'manual' });
  if (page.status !== 200) throw new Error(`callback: ${page.status} ${await page.text()}`);
}

// What the upstream wants more of, in either form in which Toolgate says it.
function wanted(answer) {
  if (answer.json?.type === 'urn:toolgate:problem:oauth-reauth-required') {
    const link = /https?:\/\/\S+/.exec(answer.json.detail)?.[0];
    return new URL(link).searchParams.get('scope')?.split(' ') ?? [];
  }
  const error = answer.json?.structuredContent?.error;
  return error?.code === 'oauth_reauth_required' ? error.details?.scopes ?? [] : null;
}

async function untilAuthorized(act) {
  for (;;) {
    const answer = await act();
    const scopes = wanted(answer);
    if (!scopes) return answer;
    await authorize(scopes.length ? scopes : undefined);
  }
}

await must('POST', '/api/integrations/mcp', { slug, transport: 'http', url: server });
await must('POST', '/api/policies', { owner: 'org', pattern: `${slug}.*`, action: 'approve' });
if (context.client_id) {
  await must('POST', '/api/oauth/clients', { integration: slug, issuer: context.issuer, clientId: context.client_id, clientSecret: context.client_secret });
}
await authorize();
const refreshed = await untilAuthorized(() => api('POST', `/api/connections/${connection}/refresh`));
if (refreshed.status !== 200) throw new Error(`refresh: ${refreshed.status} ${JSON.stringify(refreshed.json)}`);
const { items } = await must('GET', `/api/tools?integration=${slug}`);
for (const { address } of items) {
  const called = await untilAuthorized(() => api('POST', `/api/tools/${address}/call`, { arguments: {} }));
  if (called.status !== 200 || called.json.isError) throw new Error(`${address}: ${called.status} ${JSON.stringify(called.json)}`);
}
