// A page of a shop as rrweb's own recorder sees it in a browser: fields of every kind, pages' habits of repeating what is typed, frames
// and shadow roots; with things planted in it that no recording may tell.

/** Typed into the fields below, key by key; no word and no address of the page begins like one of them. */
export const TYPED = {
  name: 'Xqrvomel Jquzt',
  email: 'wqxbert.kjv@people.example',
  password: 'Vjqx-7731-pass',
  pin: '7093',
  card: '4929 1206 3471 8850',
  iban: 'NL91ABNA0417164300',
  note: 'qyvern wxolt fjord',
  rich: 'zwqpulk ijxen',
  shadow: 'kxwpron uvyq',
  frame: 'jwxqoth pkzen',
  search: 'yqwbuk',
} as const;

/** In the page from the beginning. */
export const PLANTED = [
  'anna.brandsma@people.example',
  'DE89370400440532013000',
  '+31612345678',
  '1837402915.1763900001',
  'hub0spot0utk0d41d8cd98f00b204e98',
  'cust-99471-b',
  'prefilled-oxbqtw',
  'hidden-token-pqxvw',
  'comment-wpxqj',
];

/** Words of the page that say nothing about anybody. */
export const PLAIN = ['Wanderstiefel', 'Lieferung', 'Kasse'];

export const shopPage = (script: string): string => `<!doctype html>
<html lang="de"><head><title>Kasse</title>
<style>.echo { color: green } .card { border: 1px solid; padding: 4px }</style>
<script src="${script}"></script></head>
<body class="page">
<!-- comment-wpxqj -->
<h1>Wanderstiefel</h1>
<p id="who" data-customer="cust-99471-b">Lieferung an anna.brandsma@people.example, Konto DE89370400440532013000, +31612345678</p>
<a href="/konto?ga=1837402915.1763900001&utk=hub0spot0utk0d41d8cd98f00b204e98#anna">Konto</a>
<form class="card" onsubmit="return false">
<input id="name" type="text" value="">
<input id="email" type="email" placeholder="E-Mail">
<input id="password" type="password">
<button id="reveal" type="button">Zeigen</button>
<input id="pin" inputmode="numeric">
<input id="card" autocomplete="cc-number">
<input id="iban">
<input id="prefilled" value="prefilled-oxbqtw">
<input id="hidden" type="hidden" value="hidden-token-pqxvw">
<input id="search" type="search">
<textarea id="note"></textarea>
<select id="size"><option value="s">Klein</option><option value="xl" selected>Riesig</option></select>
<label><input id="agree" type="checkbox" value="prefilled-oxbqtw"> Einverstanden</label>
<input type="submit" value="Bestellen">
</form>
<div id="rich" contenteditable="true"><p><br></p></div>
<p id="echo" class="echo"></p><p id="echo2">Vorschau</p><ul id="echoes"></ul>
<x-field id="host"></x-field>
<iframe id="frame" srcdoc="<body><input id='inside'><p id='copy'>Rahmen</p></body>"></iframe>
<script>
const byId = (id) => document.getElementById(id);
const echo = (text) => {
  byId('echo').textContent = text;
  byId('echo2').firstChild.data = text;
  byId('echo').setAttribute('data-value', text);
  byId('echo').setAttribute('title', text);
  byId('echo').setAttribute('aria-label', text);
  byId('echo').className = 'echo v-' + text.replaceAll(' ', '_');
  byId('echo').style.setProperty('--typed', '"' + text + '"');
  byId('echo2').setAttribute('onclick', 'show("' + text + '")');
  const item = document.createElement('li');
  item.textContent = text;
  item.id = 'i-' + text;
  byId('echoes').replaceChildren(item);
  document.title = text;
};
for (const id of ['name', 'email', 'password', 'pin', 'card', 'iban', 'note'])
  byId(id).addEventListener('input', (event) => echo(event.target.value));
byId('rich').addEventListener('input', (event) => echo(event.target.textContent));
byId('search').addEventListener('input', ({ target }) => {
  const sheet = document.styleSheets[0];
  if (sheet.cssRules.length > 2) sheet.deleteRule(2);
  sheet.insertRule('li:not([data-name*="' + target.value + '"]) { opacity: 0.5 }', 2);
  byId('echo').style.backgroundImage = 'url(/pic.png?q=' + encodeURIComponent(target.value) + ')';
});
byId('reveal').addEventListener('click', () => { byId('password').type = 'text'; });
const root = byId('host').attachShadow({ mode: 'open' });
root.innerHTML = '<input id="deep"><p id="deepEcho">Schatten</p>';
root.getElementById('deep').addEventListener('input', (event) => {
  root.getElementById('deepEcho').textContent = event.target.value;
});
byId('frame').addEventListener('load', () => {
  const inner = byId('frame').contentDocument;
  inner.getElementById('inside').addEventListener('input', (event) => {
    inner.getElementById('copy').textContent = event.target.value;
  });
});
</script>
</body></html>`;
