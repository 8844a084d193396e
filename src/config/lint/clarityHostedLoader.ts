// Clarity's own loader sends whole recordings straight to the vendor and synchronises ids with its other services, past the gateway.

import { hostOf } from './recorders.ts';
import { activeTags, at, type LintRule } from './rule.ts';

const CLARITY = /(?:^|\.)clarity\.ms$/i;

export const clarityHostedLoader: LintRule = {
  code: 'clarity-hosted-loader',
  severity: 'error',
  sentence: "a tag loads Clarity from the vendor's own address",
  reason:
    'what it records goes to the vendor uncleaned and beside what the gateway cleans, under one id; the page script loads Clarity for a destination of type `clarity`',
  refuses: true,
  needs: [],
  check: (input) =>
    activeTags(input)
      .filter(({ src }) => CLARITY.test(hostOf(src)))
      .map((each) => ({
        path: at(each, 'src'),
        message: `\`${each.name}\` loads the hosted Clarity: take the tag out and use a destination of type \`clarity\``,
      })),
};
