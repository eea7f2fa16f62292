// Renders /api/openapi.json. Text from the document is only ever set as text, never as markup.
'use strict';

const el = (tag, props = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
};

const deref = (doc, node) => {
  for (let hops = 0; node && node.$ref && hops < 20; hops++) {
    node = node.$ref.replace(/^#\//, '').split('/').reduce((at, key) => at?.[key.replace(/~1/g, '/').replace(/~0/g, '~')], doc);
  }
  return node;
};

// A schema as one would write it down: members with their types, references opened once.
const sketch = (doc, schema, depth = 0, seen = []) => {
  if (!schema) return 'any';
  if (schema.$ref) {
    if (seen.includes(schema.$ref) || depth > 6) return schema.$ref.split('/').pop();
    return sketch(doc, deref(doc, schema), depth, [...seen, schema.$ref]);
  }
  const pad = '  '.repeat(depth + 1);
  const choice = schema.oneOf || schema.anyOf;
  if (choice) return choice.map(one => sketch(doc, one, depth, seen)).join(' | ');
  if (schema.enum) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const types = [].concat(schema.type || (schema.properties ? 'object' : 'any'));
  return types.map(type => {
    if (type === 'array') return sketch(doc, schema.items, depth, seen) + '[]';
    if (type !== 'object') return schema.format ? `${type} (${schema.format})` : type;
    const members = Object.entries(schema.properties || {});
    if (!members.length) return schema.additionalProperties ? `{ [name]: ${sketch(doc, schema.additionalProperties === true ? {} : schema.additionalProperties, depth, seen)} }` : 'object';
    return '{\n' + members.map(([name, member]) => `${pad}${name}${(schema.required || []).includes(name) ? '' : '?'}: ${sketch(doc, member, depth + 1, seen)}`).join('\n') + '\n' + '  '.repeat(depth) + '}';
  }).join(' | ');
};

// A body to start from: required members with empty values.
const example = (doc, schema, depth = 0) => {
  schema = deref(doc, schema) || {};
  if (schema.example !== undefined) return schema.example;
  if (schema.enum) return schema.enum[0];
  const type = [].concat(schema.type || (schema.properties ? 'object' : 'null')).find(t => t !== 'null');
  if (type === 'object') {
    const wanted = depth > 3 ? [] : schema.required?.length ? schema.required : Object.keys(schema.properties || {});
    return Object.fromEntries(wanted.map(name => [name, example(doc, (schema.properties || {})[name], depth + 1)]));
  }
  return { array: [], string: '', integer: 0, number: 0, boolean: false }[type] ?? null;
};

const tryIt = (doc, path, method, operation, parameters) => {
  const inputs = parameters.map(parameter => ({ parameter, input: el('input', { name: parameter.name, placeholder: parameter.in }) }));
  const bodySchema = operation.requestBody && deref(doc, operation.requestBody)?.content?.['application/json']?.schema;
  const body = bodySchema ? el('textarea', { rows: 8, spellcheck: false, value: JSON.stringify(example(doc, bodySchema), null, 2), ariaLabel: 'Body' }) : null;
  const answer = el('pre', { hidden: true });
  const send = el('button', { type: 'button', textContent: 'Send' });
  send.onclick = async () => {
    let url = path;
    const query = new URLSearchParams();
    const headers = {};
    for (const { parameter, input } of inputs) {
      if (parameter.in === 'path') url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
      else if (input.value && parameter.in === 'query') query.set(parameter.name, input.value);
      else if (input.value && parameter.in === 'header') headers[parameter.name] = input.value;
    }
    const key = document.getElementById('key').value.trim();
    if (key) headers.Authorization = `Bearer ${key}`;
    if (body) headers['Content-Type'] = 'application/json';
    answer.hidden = false;
    answer.textContent = '…';
    try {
      const response = await fetch(url + (query.size ? `?${query}` : ''), { method: method.toUpperCase(), headers, body: body?.value, credentials: 'same-origin' });
      let text = await response.text();
      try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* shown as it came */ }
      answer.textContent = `${response.status} ${response.statusText}\n` + [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\n') + `\n\n${text}`;
    } catch (error) {
      answer.textContent = String(error);
    }
  };
  return el('div', {}, el('h4', { textContent: 'Try it' }),
    inputs.length ? el('table', {}, ...inputs.map(({ parameter, input }) => el('tr', {}, el('td', {}, el('code', { textContent: parameter.name })), el('td', {}, input)))) : null,
    body, send, answer);
};

const card = (doc, path, method, item, operation, id) => {
  const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map(parameter => deref(doc, parameter));
  const details = el('details', { id });
  details.append(el('summary', {}, el('span', { className: 'method', textContent: method.toUpperCase() }), el('span', { className: 'path', textContent: path }), ' ', el('span', { className: 'note', textContent: operation.summary || '' })));
  details.addEventListener('toggle', () => {
    if (!details.open || details.children.length > 1) return;
    const content = el('div');
    if (operation.description) content.append(el('p', { textContent: operation.description }));
    if (parameters.length) {
      content.append(el('h4', { textContent: 'Parameters' }), el('table', {}, ...parameters.map(parameter => el('tr', {},
        el('td', {}, el('code', { textContent: parameter.name })), el('td', { textContent: parameter.in + (parameter.required ? ', required' : '') }),
        el('td', { textContent: sketch(doc, parameter.schema) }), el('td', { textContent: parameter.description || '' })))));
    }
    for (const [type, media] of Object.entries(deref(doc, operation.requestBody)?.content || {})) {
      content.append(el('h4', { textContent: `Body, ${type}` }), el('pre', { textContent: sketch(doc, media.schema) }));
    }
    for (const [status, reference] of Object.entries(operation.responses || {})) {
      const response = deref(doc, reference);
      content.append(el('h4', { textContent: `${status} ${response.description || ''}` }));
      for (const [type, media] of Object.entries(response.content || {})) {
        content.append(el('p', { className: 'note', textContent: type }), el('pre', { textContent: sketch(doc, media.schema) }));
      }
    }
    content.append(tryIt(doc, path, method, operation, parameters));
    details.append(content);
  });
  return details;
};

(async () => {
  const main = document.getElementById('operations');
  try {
    const doc = await (await fetch('/api/openapi.json')).json();
    document.getElementById('about').textContent = `${doc.info.version} · ${doc.info.description || ''}`;
    const groups = new Map();
    for (const [path, item] of Object.entries(doc.paths || {})) {
      for (const method of ['get', 'post', 'put', 'patch', 'delete']) {
        if (!item[method]) continue;
        const tag = item[method].tags?.[0] || 'other';
        if (!groups.has(tag)) groups.set(tag, []);
        groups.get(tag).push({ path, method, item, operation: item[method], id: `${method}-${path}` });
      }
    }
    const index = document.getElementById('index');
    main.replaceChildren();
    for (const [tag, operations] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
      main.append(el('h2', { textContent: tag }));
      index.append(el('li', { className: 'tag', textContent: tag }));
      for (const { path, method, item, operation, id } of operations) {
        const node = card(doc, path, method, item, operation, id);
        const link = el('a', { href: `#${id}` }, el('span', { className: 'method', textContent: method.toUpperCase() }), path);
        link.onclick = () => { node.open = true; };
        main.append(node);
        index.append(el('li', { className: 'operation' }, link));
      }
    }
    document.getElementById('filter').oninput = event => {
      const wanted = event.target.value.toLowerCase();
      for (const node of index.querySelectorAll('.operation')) node.hidden = !node.textContent.toLowerCase().includes(wanted);
    };
    document.getElementById(decodeURIComponent(location.hash.slice(1)))?.setAttribute('open', '');
  } catch (error) {
    main.textContent = `The description could not be read: ${error}`;
  }
})();
