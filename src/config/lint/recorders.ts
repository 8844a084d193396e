// Which destinations and tags record sessions: by their type, or by the host that they send to or load from.

import type { Destination, Recipient } from '../../core/config.ts';
import { isTag } from '../../core/config.ts';
import { recordingTargetOf } from '../../core/plugin.ts';
import type { Registries } from '../context.ts';

/** Hosts of session-replay services. */
const RECORDERS =
  /(?:^|\.)(?:clarity\.ms|hotjar\.(?:com|io)|contentsquare\.(?:com|net)|fullstory\.com|mouseflow\.com|logrocket\.(?:com|io)|smartlook\.(?:com|cloud)|inspectlet\.com|luckyorange\.(?:com|net))$/i;

export const hostOf = (value: unknown): string =>
  typeof value === 'string' ? (URL.parse(value)?.hostname ?? '').replace(/\.$/, '') : '';

/** Does what it gets end at a recorder, by its type or its address? */
function isRecorder(recipient: Recipient & Partial<Destination>): boolean {
  if (recipient.audience === 'recording') return true;
  if (isTag(recipient)) return RECORDERS.test(hostOf(recipient.src));
  const { endpoint, settings } = recipient;
  const url: unknown =
    typeof settings === 'object' && settings !== null ? Reflect.get(settings, 'url') : null;
  return [endpoint, url].some((each) => RECORDERS.test(hostOf(each)));
}

/** Does the gateway itself pass recordings on to it? */
function takesRecordings(recipient: Recipient & Partial<Destination>, { destinations }: Registries): boolean {
  if (isTag(recipient)) return false;
  const known = destinations.find(({ type }) => type === recipient.type);
  return recordingTargetOf(known, recipient.settings) !== null;
}

/** Do recordings of sessions reach it, through the gateway or otherwise? */
export const getsRecordings = (
  recipient: Recipient & Partial<Destination>,
  registries: Registries,
): boolean => isRecorder(recipient) || takesRecordings(recipient, registries);

/** A tag, or a destination that takes recordings: what runs in the page and sees all of it. */
export const seesPages = (recipient: Recipient & Partial<Destination>, registries: Registries): boolean =>
  isTag(recipient) || recipient.audience === 'recording' || takesRecordings(recipient, registries);
