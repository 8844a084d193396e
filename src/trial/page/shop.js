// The trial shop: a banner that asks, buttons that send events to the gateway, and a list of what arrived at the vendors.

const gateway = document.body.dataset.gateway;
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
  'Product Viewed': { ...boots, currency: 'EUR', value: 49.9 },
  'Product Added': { ...boots, currency: 'EUR', value: 49.9 },
  'Order Completed': { order_id: `ord-${digits(6)}`, revenue: 49.9, currency: 'EUR', products: [boots] },
};

async function send(name) {
  const event = {
    type: name === 'identify' ? 'identify' : 'track',
    ...(name === 'identify'
      ? { traits: { email: 'ada@shop.example', firstName: 'Ada' } }
      : { event: name, properties: properties[name] }),
    anonymousId,
    messageId: crypto.randomUUID(),
    timestamp: new Date().toISOString(),
    writeKey: 'shop-web',
    context: {
      ids,
      page: { url: location.href, title: document.title, referrer: document.referrer },
      locale: navigator.language,
      traits: name === 'identify' ? {} : { email: 'ada@shop.example' },
      ...(record === null ? {} : { consent: { record } }),
    },
  };
  const path = event.type === 'identify' ? '/v1/identify' : '/v1/track';
  const response = await fetch(gateway + path, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'text/plain' },
    body: JSON.stringify(event),
  });
  document.querySelector('#status').textContent = response.ok
    ? `${name}: accepted by the gateway`
    : `${name}: refused (${response.status})`;
}

function show(purposes) {
  const granted = Object.keys(purposes).filter((name) => purposes[name]);
  document.querySelector('#choice').textContent =
    granted.length === 0 ? 'You refused everything.' : `You allowed: ${granted.join(', ')}.`;
  for (const box of boxes) box.checked = purposes[box.name] === true;
}

async function choose(purposes) {
  const response = await fetch(`${gateway}/v1/consent`, {
    method: 'PUT',
    credentials: 'include',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ writeKey: 'shop-web', purposes }),
  });
  if (!response.ok) {
    document.querySelector('#choice').textContent =
      `The gateway did not take the choice (${response.status}).`;
    return;
  }
  ({ record } = await response.json());
  show(purposes);
  banner.hidden = true;
}

async function takeBack() {
  await fetch(`${gateway}/v1/consent`, { method: 'DELETE', credentials: 'include' });
  record = null;
  document.querySelector('#choice').textContent = 'Taken back: nothing is permitted.';
  for (const box of boxes) box.checked = false;
  banner.hidden = false;
}

async function restore() {
  const response = await fetch(`${gateway}/v1/consent`, { credentials: 'include' });
  if (!response.ok) return;
  const answer = await response.json();
  if (!answer.record) return;
  ({ record } = answer);
  show(answer.purposes);
  banner.hidden = true;
}

function line(request) {
  const item = document.createElement('li');
  const head = document.createElement('div');
  const good = request.problems.length === 0;
  head.className = good ? 'good' : 'bad';
  head.textContent = `${request.vendor}: ${good ? 'accepted' : `refused (${request.problems.join(', ')})`} at ${new Date(request.at).toLocaleTimeString()}`;
  const body = document.createElement('pre');
  body.textContent = `${request.method} ${request.url}\n${request.body}`;
  item.append(head, body);
  return item;
}

async function refresh() {
  const requests = await (await fetch('/seen.json')).json();
  document.querySelector('#nothing').hidden = requests.length > 0;
  document.querySelector('#seen').replaceChildren(...requests.slice(-20).reverse().map(line));
}

for (const button of document.querySelectorAll('[data-event]'))
  button.addEventListener('click', () => void send(button.dataset.event));
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
document.querySelector('#reopen').addEventListener('click', () => (banner.hidden = false));
document.querySelector('#withdraw').addEventListener('click', () => void takeBack());

await restore();
await refresh();
setInterval(() => void refresh(), 700);
