// Plays a recording in the vendor's own player, in a browser, and measures what it shows: each node by the id that the recorder gave
// it, where it stands and how large it is.

import type { ExecutionContext } from 'ava';
import { bundle, openPage } from '../../support/browser.ts';
import { envelopeOf } from './visitor.ts';

/** A node as it is shown: its name, and left, top, width and height in pixels; null: a text, or not in the document. */
export interface Shown {
  readonly name: string;
  readonly box: readonly number[] | null;
  /** Its own, or that of all in it. */
  readonly text: string | null;
}

export interface Played {
  readonly nodes: Readonly<Record<string, Shown>>;
  /** Elements by tag in the document, its shadow roots and its frames. */
  readonly tags: Readonly<Record<string, number>>;
  readonly errors: readonly string[];
}

const PLAYER = `
  import { decode } from 'clarity-decode';
  import { Visualizer } from 'clarity-visualize';

  function measure(node) {
    if (!node) return { name: '', box: null, text: null };
    if (node.nodeType === 3) return { name: '#text', box: null, text: node.nodeValue };
    if (node.nodeType !== 1 || !node.isConnected) return { name: node.nodeName, box: null, text: null };
    const { x, y, width, height } = node.getBoundingClientRect();
    return { name: node.nodeName, box: [x, y, width, height], text: node.textContent };
  }

  function count(root, tags) {
    for (const element of root.querySelectorAll('*')) {
      tags[element.nodeName] = (tags[element.nodeName] ?? 0) + 1;
      if (element.shadowRoot) count(element.shadowRoot, tags);
      if (element.contentDocument) count(element.contentDocument, tags);
    }
    return tags;
  }

  window.play = async (texts) => {
    const errors = [];
    const frame = document.getElementById('player');
    const player = new Visualizer();
    const merged = player.merge(texts.map((text) => decode(text)));
    const logerror = (error) => errors.push(String(error));
    frame.contentWindow.addEventListener('error', ({ message }) => errors.push(message));
    await player.setup(frame.contentWindow, { version: merged.envelope.version, dom: merged.dom, logerror });
    player.render(merged.events);
    const paint = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    await paint();
    frame.contentWindow.scrollTo(0, 0);
    await paint();
    const nodes = Object.entries(player.layout.nodes).map(([id, node]) => [id, measure(node)]);
    return { nodes: Object.fromEntries(nodes), tags: count(frame.contentDocument, {}), errors };
  };
`;

let script: Promise<string> | null = null;

interface PlayerWindow {
  play(texts: readonly string[]): Promise<Played>;
}

/** Plays the uploads of one page visit. `picture`: where to put what it looks like in the end. */
export async function play(
  t: ExecutionContext,
  { uploads, page: number, picture }: { uploads: readonly string[]; page: number; picture: string | null },
): Promise<Played> {
  const page = await openPage(t, { viewport: { width: 1000, height: 1400 } });
  const thrown: string[] = [];
  page.on('pageerror', (error) => thrown.push(error.message));
  await page.setContent(
    '<body style="margin:0"><iframe id="player" width="1000" height="1400" style="border:0">',
  );
  await page.addScriptTag({ content: await (script ??= bundle(PLAYER)) });
  const texts = uploads.filter((text) => envelopeOf(text)[7] === number);
  const played = await page.evaluate(
    (given) => (globalThis as unknown as PlayerWindow).play(given), // just defined
    texts,
  );
  if (picture !== null) await page.screenshot({ path: picture });
  await page.close();
  return { ...played, errors: [...played.errors, ...thrown] };
}

/** Inline elements are as wide as their text; what hides it may be of another width, and moves only what stands after it in its line. */
const INLINE = new Set(['A', 'SPAN']);
const NEAR_PX = 1;

/** Nodes that are not the same, or not where they were. */
export function misplaced(before: Played, after: Played): string[] {
  const ids = new Set([...Object.keys(before.nodes), ...Object.keys(after.nodes)]);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.nodes[id], after.nodes[id]];
    if (was === undefined || is === undefined || was.name !== is.name)
      return [`${id}: ${was?.name} is ${is?.name}`];
    if (was.box === null || is.box === null)
      return was.box === is.box ? [] : [`${id}: ${was.name} is not shown`];
    const measured = INLINE.has(was.name) && was.text !== is.text ? [1, 3] : [0, 1, 2, 3];
    return measured.every((side) => Math.abs((was.box?.[side] ?? 0) - (is.box?.[side] ?? 0)) <= NEAR_PX)
      ? []
      : [`${id}: ${was.name} at ${was.box.join()} is at ${is.box.join()}`];
  });
}
