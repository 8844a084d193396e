// The script that keeps the console page fresh: it asks for the decisions every second and writes them as text, never as
// markup. Kept as a string so that it is served the same from source and from a build.

export const CONSOLE_SCRIPT = `'use strict';
const body = document.getElementById('decisions');
const state = document.getElementById('state');
let last = '';

function element(name, text, children) {
  const node = document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  node.append(...(children || []));
  return node;
}

function cell(...children) {
  return element('td', null, children);
}

function reason({ code, detail, means }) {
  const parts = [element('code', code)];
  if (detail !== null) parts.push(' ', element('b', detail));
  return element('li', null, [...parts, element('span', means)]);
}

function treatment({ path, rule, treatment, means }) {
  return element('li', null, [element('code', path), ' ' + treatment + ' ', element('code', rule), element('span', means)]);
}

function row(decision) {
  const time = element('time', decision.at.slice(11, 19));
  time.dateTime = decision.at;
  const treated = decision.treatments.length === 0 ? [] : [element('details', null, [
    element('summary', String(decision.treatments.length)),
    element('ul', null, decision.treatments.map(treatment)),
  ])];
  const node = element('tr', null, [
    cell(time),
    cell(decision.site, element('small', decision.intake)),
    cell(decision.event),
    cell(decision.destination),
    cell(element('strong', decision.verdict)),
    cell(element('ul', null, decision.reasons.map(reason))),
    cell(...treated),
  ]);
  node.className = decision.verdict;
  return node;
}

async function refresh() {
  try {
    const answer = await fetch('/api/decisions', { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    const reading = body.querySelector('details[open]') !== null;
    state.textContent = reading && text !== last ? 'there are newer ones: close what is open to see them' : '';
    if (text !== last && !reading) {
      last = text;
      body.replaceChildren(...JSON.parse(text).decisions.map(row));
    }
  } catch {
    state.textContent = 'the gateway does not answer';
  }
  setTimeout(refresh, 1000);
}

refresh();
`;
