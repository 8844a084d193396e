// What one claim answers about one purpose for a destination with certain vendor ids.

import type { Recipient } from '../core/config.ts';
import type { Answer, Claim, Purpose } from '../core/consent.ts';

export interface Reply {
  readonly answer: Answer | undefined;
  readonly vendor: boolean;
  readonly vendorMissing: boolean;
}

const reply = (answer: Answer | undefined, vendor = false, vendorMissing = false): Reply =>
  Object.freeze({ answer, vendor, vendorMissing });
const SILENT = reply(undefined);
const GRANTED = reply('granted');
const DENIED = reply('denied');
const DENIED_VENDOR = reply('denied', true);
const VENDOR_MISSING = reply(undefined, false, true);

/**
 * What one claim answers for one destination. If the destination has an id on a list the claim speaks about, every such
 * answer counts and the strictest wins; a vendor the claim says nothing of is not granted by it. TCF without any id of the
 * destination can only deny.
 */
export function replyOf(claim: Claim, purpose: Purpose, vendor: Recipient['vendor']): Reply {
  const general = claim.purposes[purpose];
  if (general === 'denied') return DENIED;
  const { vendorLists } = claim;
  const listed =
    vendorLists.length === 0 ? vendorLists : vendorLists.filter((list) => vendor[list] !== undefined);
  if (listed.length === 0) {
    if (general !== 'granted') return SILENT;
    return claim.vendorsOnly ? VENDOR_MISSING : GRANTED;
  }
  const answers = listed.map((list) => claim.vendors[`${list}:${vendor[list]}`]?.[purpose]);
  if (answers.includes('denied')) return DENIED_VENDOR;
  return answers.every((answer) => answer === 'granted') ? GRANTED : SILENT;
}
