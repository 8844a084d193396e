// The trial shop: a banner that asks, buttons that send events to the gateway, and a list of what arrived at the vendors.

const { gateway, writeKey } = document.body.dataset;
const banner = document.querySelector('#banner');
const boxes = [...banner.querySelectorAll('input')];
let record = null;

function remembered(name, make) {
  let value = localStorage.getItem(name);
  if (value === null) {
    value = make();
    localStorage.setItem(name, value);
  }
  return value;
}

const digits = (count) =>
  [...crypto.getRandomValues(new Uint8Array(count))].map((byte) => byte % 10).join('');
const hex = (count) =>
  [...crypto.getRandomValues(new Uint8Array(count / 2))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
const anonymousId = remembered('shop_anonymous_id', () => crypto.randomUUID());
// What the vendors' own tags would have left in this browser.
const ids = {
  'ga.client_id': remembered('shop_ga', () => `1${digits(9)}.${Math.floor(Date.now() / 1000)}`),
  'hubspot.utk': remembered('shop_utk', () => hex(32)),
  'meta.fbp': remembered('shop_fbp', () => `fb.1.${Date.now()}.${digits(9)}`),
};

const boots = { product_id: 'SKU-1', name: 'Canal boots', price: 49.9, quantity: 1, category: 'Shoes' };
const properties = {
  'Product Viewed': () => ({ ...boots, currency: 'EUR', value: 49.9 }),
  'Product Added': () => ({ ...boots, currency: 'EUR', value: 49.9 }),
  'Order Completed': () => ({
    order_id: `ord-${digits(6)}`,
    revenue: 49.9,
    currency: 'EUR',
    products: [boots],
  }),
};

const say = (place, text) => {
  document.querySelector(place).textContent = text;
};

/** Null if the gateway does not answer. */
const ask = (path, options) =>
  fetch(gateway + path, { credentials: 'include', ...options }).catch(() => null);

async function send({ event: name, name: shown = name }) {
  const event = {
    type: name === 'identify' ? 'identify' : 'track',
    ...(name === 'identify'
      ? { traits: { email: 'ada@shop.example', firstName: 'Ada' } }
      : { event: name, properties: properties[name]() }),
    anonymousId,
    messageId: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
    writeKey,
    context: {
      ids,
      page: { url: location.href, title: document.title, referrer: document.referrer },
      locale: navigator.language,
      traits: name === 'identify' ? {} : { email: 'ada@shop.example' },
      ...(record === null ? {} : { consent: { record } }),
    },
  };
  const path = event.type === 'identify' ? '/v1/identify' : '/v1/track';
  const response = await ask(path, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify(event),
  });
  if (response === null) say('#status', `${shown}: the gateway does not answer.`);
  else if (response.ok) say('#status', `${shown}: taken by the gateway.`);
  else say('#status', `${shown}: refused by the gateway (${response.status}).`);
}

const words = (name) => name.replaceAll('_', ' ');

/** Opening moves the focus into the banner, closing moves it to the choice that was made. */
function openBanner(open) {
  banner.hidden = !open;
  if (open) boxes[0].focus();
  else document.querySelector('#choice').focus();
}

function show(purposes) {
  const granted = Object.keys(purposes).filter((name) => purposes[name]);
  say(
    '#choice',
    granted.length === 0 ? 'You refused everything.' : `You allowed ${granted.map(words).join(', ')}.`,
  );
  for (const box of boxes) box.checked = purposes[box.name] === true;
}

async function choose(purposes) {
  const response = await ask('/v1/consent', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ purposes }),
  });
  if (response?.ok !== true) {
    say('#choice', `The gateway did not take the choice (${response?.status ?? 'no answer'}).`);
    return;
  }
  ({ record } = await response.json());
  show(purposes);
  openBanner(false);
}

async function takeBack() {
  const response = await ask('/v1/consent', { method: 'DELETE' });
  record = null;
  for (const box of boxes) box.checked = false;
  openBanner(true);
  if (response?.ok === true) say('#choice', 'Taken back: nothing is permitted.');
  else say('#choice', `The gateway did not take it back (${response?.status ?? 'no answer'}).`);
}

async function restore() {
  const response = await ask('/v1/consent');
  if (response?.ok !== true) return;
  const answer = await response.json();
  if (!answer.record) return;
  ({ record } = answer);
  show(answer.purposes);
  banner.hidden = true;
}

const VENDORS = { ga4: 'GA4', hubspot: 'HubSpot', meta: 'Meta', x: 'X', http: 'Webhook' };
// Where each vendor's body says what happened.
const EVENTS = {
  ga4: ({ events }) => events.map(({ name }) => name),
  hubspot: ({ inputs }) => inputs.map(({ eventName }) => eventName ?? 'contact'),
  meta: ({ data }) => data.map(({ event_name: name }) => name),
  x: ({ conversions }) => conversions.map(({ event_id: id }) => id),
  http: ({ events }) => events.map(({ name }) => name),
};

/** Name of what happened, and the body over several lines; a body that is not as expected is shown as it came. */
function told({ vendor, body }) {
  try {
    const parsed = JSON.parse(body);
    return { name: EVENTS[vendor](parsed).join(', '), text: JSON.stringify(parsed, null, 2) };
  } catch {
    return { name: '', text: body };
  }
}

function element(name, text, className = '') {
  const node = document.createElement(name);
  node.textContent = text;
  node.className = className;
  return node;
}

function line(request) {
  const good = request.problems.length === 0;
  const verdict = good ? 'accepted' : `refused: ${request.problems.join(', ')}`;
  const { name, text } = told(request);
  const head = element('summary', '');
  head.append(
    element('time', new Date(request.at).toLocaleTimeString()),
    element('b', VENDORS[request.vendor] ?? request.vendor),
    ` ${name} `,
    element('span', verdict, good ? 'good' : 'bad'),
  );
  const details = element('details', '');
  details.append(head, element('pre', `${request.method} ${request.url}\n\n${text}`));
  const item = element('li', '');
  item.append(details);
  return item;
}

const SHOWN = 40;
let last = 0;

/** Only adds what is new, so that what somebody has opened or scrolled stays as it is. */
async function refresh() {
  const response = await fetch('/seen.json').catch(() => null);
  if (response?.ok !== true) return;
  const list = document.querySelector('#seen');
  for (const request of await response.json())
    if (request.number > last) {
      list.prepend(line(request));
      last = request.number;
    }
  while (list.childElementCount > SHOWN) list.lastElementChild.remove();
  document.querySelector('#nothing').hidden = list.childElementCount > 0;
}

for (const button of document.querySelectorAll('[data-event]'))
  button.addEventListener('click', () => void send(button.dataset));
banner.addEventListener('submit', (event) => {
  event.preventDefault();
  void choose(Object.fromEntries(boxes.map((box) => [box.name, box.checked])));
});
document
  .querySelector('#all')
  .addEventListener('click', () => void choose(Object.fromEntries(boxes.map((box) => [box.name, true]))));
document
  .querySelector('#none')
  .addEventListener('click', () => void choose(Object.fromEntries(boxes.map((box) => [box.name, false]))));
document.querySelector('#reopen').addEventListener('click', () => openBanner(true));
document.querySelector('#withdraw').addEventListener('click', () => void takeBack());

await restore();
await refresh();
setInterval(() => void refresh(), 700);
