// The page that is recorded: a shop's form with every kind of field, editor, mirror, frame and style that recorders are known to tell
// too much of. Blocks have fixed heights and do not wrap, so that masked words of other widths move nothing below them.

import { HARMLESS, IDS, PLANTED } from './secrets.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const { ga, hubspot, fbp } = IDS;

const STYLE = `
  body { margin: 8px; font: 14px/20px monospace; }
  p, div, label, h1, form, fieldset { white-space: nowrap; margin: 0; padding: 0; border: 0; }
  p, .row, label { display: block; height: 24px; overflow: hidden; }
  input, textarea, select, button, [contenteditable] { width: 300px; height: 20px; box-sizing: border-box; }
  b { display: inline-block; width: 80px; overflow: hidden; height: 20px; }
  .badge::before { content: "\\2713"; }
  .badge::after { content: "${PLANTED.css.value}"; }
`;

const FIELDS = `
  <form id="order" action="/send?ref=${ga.value}">
    <label><b>Name</b> <input id="text" type="text" name="name"></label>
    <label><b>Mail</b> <input id="email" type="email" name="email"></label>
    <label><b>Word</b> <input id="password" type="password" name="password"></label>
    <label><b>Card</b> <input id="card" type="text" name="card" inputmode="numeric"></label>
    <label><b>Bank</b> <input id="iban" type="text" name="bank"></label>
    <label><b>Citizen</b> <input id="citizen" type="text" name="citizen"></label>
    <label><b>Phone</b> <input id="phone" type="tel" name="phone"></label>
    <label><b>Other</b> <input id="unmarked"></label>
    <label><b>Model</b> <input id="reflected" type="text"></label>
    <label><b>Value</b> <input id="synchronised" type="text"></label>
    <label><b>Shown</b> <input id="shown" type="password"><button id="show" type="button">Show</button></label>
    <label><b>Switch</b> <input id="becomesText" type="button" value=""></label>
    <label><b>Plan</b> <select id="plan"><option value="a">Galoshes</option><option value="b">Boots</option></select></label>
    <label><input id="radio" type="radio" name="pay" value="Rdqxil-Vjqaz">Pay</label>
    <label><input id="box" type="checkbox" name="terms" value="yes">Terms</label>
    <input id="hidden" type="hidden" name="token" value="${PLANTED.hiddenInput.value}">
    <div id="mirrorBox" class="row"><textarea id="mirrored" rows="1"></textarea></div>
    <div class="row"><span id="mirrorSpan"></span></div>
    <div id="pasteBox" class="row"><textarea id="pasted" rows="1"></textarea></div>
    <button id="send" type="submit">Send</button>
  </form>`;

const PEOPLE = `
  <p>${HARMLESS.join(' ')}</p>
  <p id="text1">Write to ${PLANTED.textOfRelaxed.value} now</p>
  <p data-customer="${PLANTED.data.value}" aria-describedby="${PLANTED.described.value}">Customer</p>
  <p class="user ${PLANTED.className.value}" onclick="void '${PLANTED.handler.value}'">Handler</p>
  <p><a id="mailto" href="mailto:${PLANTED.mailto.value}">Mail us</a> <a id="tel" href="tel:${PLANTED.tel.value}">Call us</a></p>
  <p class="row badge">Checked</p>
  <div class="row"><svg width="20" height="20" viewBox="0 0 20 20"><a href="/svg?u=${PLANTED.svg.value}"><rect width="20" height="20"
    fill="#080"></rect></a></svg></div>
  <div class="row"><img id="data" width="20" height="20" src="data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='20'
    height='20'%3E%3Cdesc%3E${PLANTED.image.value}%3C/desc%3E%3C/svg%3E"><img id="blob" width="20" height="20"></div>
  <div class="row" id="regionBox">Region</div>`;

const ECHOES = `
  <p>Reference ${ga.value} and ${fbp.value} and ${hubspot.value}</p>
  <p class="c-${ga.value.split('.')[0]}">Number ${ga.value.split('.')[0]} of ${ga.value.split('.')[1]}</p>
  <p data-visitor="${ga.value}" aria-details="${encodeURIComponent(encodeURIComponent(fbp.value))}">Echo</p>
  <p class="v-${hubspot.value} g-${ga.value.replace('.', '-')}" id="i-${fbp.value}">Named</p>
  <p><a href="/out/${hubspot.value}?cid=${ga.value}&amp;x=${encodeURIComponent(base64(`id=${ga.value}`))}">Out</a></p>
  <p>${base64(`ab${ga.value}`)} ${base64(`abc${hubspot.value}`)}</p>
  <p name="${base64(`x${fbp.value}`)}" style="--who:'${ga.value}'">Wrapped</p>`;

const FRAME = `<body style="margin:0;font:14px monospace"><input id="frameInput" style="width:200px">
  <div id="frameEdited" contenteditable="true" style="width:200px;height:20px"></div><!-- ${PLANTED.framed.value} --></body>`
  .replaceAll('&', '&amp;')
  .replaceAll('"', '&quot;');

/** Keeps mirrors of what is typed, as frameworks and growing text areas do. */
const SCRIPT = `
  const $ = (id) => document.getElementById(id);
  const on = (id, name, act) => $(id).addEventListener(name, act);
  on('mirrored', 'input', ({ target: { value } }) => {
    $('mirrorBox').dataset.replicatedValue = value;
    $('mirrorSpan').textContent = value;
  });
  on('pasted', 'input', ({ target: { value } }) => ($('pasteBox').dataset.replicatedValue = value));
  on('reflected', 'input', ({ target }) => target.setAttribute('ng-reflect-model', target.value));
  on('synchronised', 'input', ({ target }) => target.setAttribute('value', target.value));
  on('show', 'click', () => ($('shown').type = 'text'));
  on('becomesText', 'click', ({ target }) => (target.type = 'text'));
  on('order', 'submit', (event) => {
    event.preventDefault();
    $('mirrored').value = $('mirrorSpan').textContent = $('mirrorBox').dataset.replicatedValue = '';
  });
  for (const id of ['mailto', 'tel']) on(id, 'click', (event) => event.preventDefault());
  on('text1', 'click', ({ target }) => target.animate([{ opacity: 0.5 }, { opacity: 1 }], { duration: 50 }));
  $('blob').src = URL.createObjectURL(new Blob(['<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"/>'], { type: 'image/svg+xml' }));
  customElements.define('shop-note', class extends HTMLElement {
    connectedCallback() {
      const root = this.attachShadow({ mode: 'open' });
      root.innerHTML = '<input id="shadowInput"><div id="shadowEdited" contenteditable="true"></div>';
      const sheet = new CSSStyleSheet();
      sheet.replaceSync('div { width: 200px; height: 20px } div::after { content: "${PLANTED.adoptedCss.value}" }');
      root.adoptedStyleSheets = [sheet];
    }
  });
`;

export const PAGE = `<!doctype html><html lang="en"><head><title>Shop</title><style>${STYLE}</style>
  <script src="/clarity.js"></script></head><body><h1>Galoshes</h1>${PEOPLE}${ECHOES}${FIELDS}
  <div id="edited" contenteditable="true"></div><shop-note></shop-note>
  <div style="height:60px"><iframe id="frame" width="300" height="50" srcdoc="${FRAME}"></iframe></div>
  <div style="height:400px"></div><script>${SCRIPT}</script></body></html>`;

/** Where the visit starts, and where the page goes on without loading anew. */
export const START = `/boots?utm_source=mail&email=${encodeURIComponent(PLANTED.query.value)}&cid=${ga.value}#token=${PLANTED.fragment.value}`;
export const NEXT = `/pay?mail=${encodeURIComponent(PLANTED.routeQuery.value)}#${PLANTED.fragment.value}`;
