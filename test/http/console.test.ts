// The console's script, run against a document that knows just what it uses.

import { runInNewContext } from 'node:vm';
import test from 'ava';
import { CONSOLE_SCRIPT } from '../../src/console/script.ts';
import { shownDecisions } from '../../src/console/view.ts';
import { NOW } from '../support/snapshot.ts';
import { until } from './fixture.ts';

class Node {
  textContent = '';
  className = '';
  dateTime = '';
  readonly children: (Node | string)[] = [];
  readonly name: string;
  opened = false;

  constructor(name: string) {
    this.name = name;
  }

  append(...children: (Node | string)[]): void {
    this.children.push(...children);
  }

  replaceChildren(...children: (Node | string)[]): void {
    this.children.splice(0, this.children.length, ...children);
  }

  querySelector(): Node | null {
    return this.opened ? this : null;
  }

  all(): string {
    return (
      this.textContent +
      this.children.map((child) => (typeof child === 'string' ? child : child.all())).join('|')
    );
  }
}

/** Runs the script; `turn` lets the next refresh happen with this answer. */
function page(first: unknown) {
  const body = new Node('tbody');
  const state = new Node('small');
  let answer = first;
  let refresh: (() => Promise<void>) | undefined;
  runInNewContext(CONSOLE_SCRIPT, {
    document: {
      getElementById: (id: string) => (id === 'decisions' ? body : state),
      createElement: (name: string) => new Node(name),
    },
    fetch: async () => {
      if (answer === null) throw new TypeError('no connection');
      return { ok: true, text: async () => JSON.stringify(answer) };
    },
    setTimeout: (again: () => Promise<void>) => (refresh = again),
  });
  const settled = (): Promise<void> => until(() => refresh !== undefined);
  const turn = async (next: unknown): Promise<void> => {
    await settled();
    answer = next;
    const again = refresh;
    refresh = undefined;
    await again?.();
  };
  return { body, state, settled, turn };
}

const shown = (event: string) => ({
  decisions: shownDecisions([
    {
      at: NOW,
      site: 'shop',
      intake: 'segment',
      event,
      decision: {
        destination: 'ga4',
        verdict: 'block',
        reasons: [{ code: 'purpose_denied', detail: 'analytics' }],
        allowance: { purposes: [], data: [], person: [], links: [] },
        notice: null,
      },
      remarks: [{ path: 'page.url', rule: 'url_query', treatment: 'strip' }],
    },
  ]),
});

test('decisions are written as text and kept fresh', async (t) => {
  const { body, state, settled, turn } = page(shown('<b>first'));
  await settled();
  t.true(body.all().includes('<b>first'));
  t.true(body.all().includes('purpose_denied'));
  t.true(body.all().includes('page.url'));
  await turn(shown('second'));
  t.true(body.all().includes('second'));
  t.is(body.children.length, 1);
  t.is(state.textContent, '');
});

test('what a reader has open stays, and a gateway that is gone is told', async (t) => {
  const { body, state, settled, turn } = page(shown('first'));
  await settled();
  body.opened = true;
  await turn(shown('second'));
  t.true(body.all().includes('first'));
  t.regex(state.textContent, /newer/);
  body.opened = false;
  await turn(null);
  t.is(state.textContent, 'the gateway does not answer');
  await turn(shown('third'));
  t.true(body.all().includes('third'));
  t.is(state.textContent, '');
});
