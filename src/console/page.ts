// The console's plain page: what was decided just now and why, and what waits where. Complete without its script, which
// only keeps it fresh.

import { OUTCOMES } from '../core/delivery.ts';
import type { StoreStats } from '../core/ports.ts';
import { html } from './html.ts';
import type { Markup } from './html.ts';
import type { ShownDecision } from './view.ts';

export interface ConsoleView {
  readonly decisions: readonly ShownDecision[];
  /** Null while the store cannot be asked. */
  readonly stats: StoreStats | null;
  readonly digest: string;
  readonly reload: {
    readonly at: number;
    readonly result: 'ok' | 'refused';
    readonly problems: readonly {
      readonly code: string;
      readonly message: string;
      readonly line: number | null;
      readonly column: number | null;
    }[];
  };
  readonly now: number;
}

const NOTHING: Markup = html``;

/** Names in backticks, as messages write them, in the type of code. */
const coded = (message: string): Markup[] =>
  message.split('`').map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));

const reasons = (decision: ShownDecision): Markup[] =>
  decision.reasons.map(
    ({ code, detail, means }) =>
      html`<li>
        <code>${code}</code>${detail === null ? NOTHING : html` <b>${detail}</b>`}<span>${means}</span>
      </li>`,
  );

const treatments = (decision: ShownDecision): Markup[] =>
  decision.treatments.map(
    ({ path, rule, treatment, means }) =>
      html`<li><code>${path}</code> ${treatment} <code>${rule}</code><span>${means}</span></li>`,
  );

const row = (decision: ShownDecision): Markup =>
  html`<tr class="${decision.verdict}">
    <td><time datetime="${decision.at}">${decision.at.slice(11, 19)}</time></td>
    <td>${decision.site}<small>${decision.intake}</small></td>
    <td>${decision.event}</td>
    <td>${decision.destination}</td>
    <td><strong>${decision.verdict}</strong></td>
    <td>
      <ul>
        ${reasons(decision)}
      </ul>
    </td>
    <td>
      ${
        decision.treatments.length === 0
          ? NOTHING
          : html`<details>
              <summary>${decision.treatments.length}</summary>
              <ul>
                ${treatments(decision)}
              </ul>
            </details>`
      }
    </td>
  </tr>`;

const age = (at: number | null, now: number): string =>
  at === null ? '' : `${Math.max(0, Math.round((now - at) / 1000))} s`;

function queue(view: ConsoleView): Markup {
  if (view.stats === null) return html`<p>The store does not answer now.</p>`;
  const rows = Object.entries(view.stats.destinations).map(
    ([name, { pending, dead, oldestAt }]) =>
      html`<tr>
        <td>${name}</td>
        <td>${pending}</td>
        <td>${age(oldestAt, view.now)}</td>
        <td>${dead}</td>
      </tr>`,
  );
  if (rows.length === 0) return html`<p>Nothing waits.</p>`;
  return html`<table>
    <thead>
      <tr>
        <th>Destination</th>
        <th>Pending</th>
        <th>Oldest</th>
        <th>Dead letters</th>
      </tr>
    </thead>
    <tbody id="queue">
      ${rows}
    </tbody>
  </table>`;
}

function config(view: ConsoleView): Markup {
  const { reload, digest } = view;
  const state = html`<p>
    In force: <code>${digest}</code>, last read <time>${new Date(reload.at).toISOString()}</time>:
    <strong class="${reload.result}">${reload.result}</strong>
  </p>`;
  if (reload.problems.length === 0) return state;
  const problems = reload.problems.map(
    ({ code, message, line, column }) =>
      html`<li>
        <b>${code}</b> ${line === null ? '' : `${line}:${column ?? 1}`}
        <span>${coded(message)}</span>
      </li>`,
  );
  return html`${state}
    <ul>
      ${problems}
    </ul>`;
}

const outcomes = (): Markup[] =>
  Object.entries(OUTCOMES).map(
    ([name, means]) =>
      html`<dt>${name}</dt>
        <dd>${means}</dd>`,
  );

export const consolePage = (view: ConsoleView): string =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Sluis: decisions</title>
        <link rel="stylesheet" href="/console.css" />
        <script src="/console.js" defer></script>
      </head>
      <body>
        <h1>Sluis</h1>
        <section>
          <h2>Routing file</h2>
          ${config(view)}
        </section>
        <section>
          <h2>Queue</h2>
          ${queue(view)}
        </section>
        <section>
          <h2>Decisions <small id="state"></small></h2>
          <table>
            <thead>
              <tr>
                <th>Time</th>
                <th>Site</th>
                <th>Event</th>
                <th>Destination</th>
                <th>Verdict</th>
                <th>Reasons</th>
                <th>Treated</th>
              </tr>
            </thead>
            <tbody id="decisions">
              ${view.decisions.map(row)}
            </tbody>
          </table>
        </section>
        <section>
          <h2>How deliveries end</h2>
          <dl>${outcomes()}</dl>
        </section>
      </body>
    </html> `.text;
