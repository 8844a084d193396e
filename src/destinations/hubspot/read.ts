// HubSpot's answers. A batch can fail in part (207): the inputs that errors name are refused; where an answer leaves open
// which ones failed, each event is sent alone, which an upsert bears.

import type { Reply, Result, VendorRequest } from '../../core/delivery.ts';
import { isObject, type Json, type JsonObject } from '../../core/json.ts';
import { all, byStatus, isAboutBody, parsed, retryAfterMs, splitOrPermanent, vendorCode } from '../answer.ts';

export function read(reply: Reply, request: VendorRequest): readonly Result[] {
  const body = parsed(reply.body);
  if (reply.status === 207) return partial(body, request);
  if (reply.status === 423) return all(request, { kind: 'transient', code: 'http_423' });
  if (isAboutBody(reply))
    return all(request, splitOrPermanent(request, codeOf(body, `http_${reply.status}`)));
  const result = byStatus(reply);
  if (result.kind !== 'permanent') return all(request, result);
  const code = codeOf(body, result.code);
  return all(
    request,
    code === 'hubspot_rate_limits'
      ? { kind: 'throttled', code, retryAfterMs: retryAfterMs(reply) }
      : { kind: 'permanent', code },
  );
}

/** A form names the `errorType` of a field, everything else a `category`. */
function codeOf(body: JsonObject | null, fallback: string): string {
  const [first] = errorsOf(body);
  return vendorCode('hubspot', first?.['errorType'] ?? body?.['category'] ?? first?.['category'], fallback);
}

const errorsOf = (body: JsonObject | null): readonly JsonObject[] => {
  const errors = body?.['errors'];
  return Array.isArray(errors) ? errors.filter(isObject) : [];
};

function partial(body: JsonObject | null, request: VendorRequest): readonly Result[] {
  const errors = errorsOf(body);
  const count = body?.['numErrors'];
  const failures = typeof count === 'number' ? count : errors.length;
  const inputs = inputIds(request);
  const code = codeOf(body, 'http_207');
  if (request.events.length === 1)
    return all(request, failures === 0 ? { kind: 'delivered' } : { kind: 'permanent', code });
  // Only an upsert may be repeated; half a batch of custom events may have counted.
  if (inputs.includes('')) return all(request, { kind: 'uncertain', code });
  if (inputs.length !== request.events.length) return all(request, { kind: 'split', code });
  const refused = new Map<string, string>();
  for (const error of errors) {
    const own = vendorCode('hubspot', error['category'], code);
    for (const word of words(error['context'])) if (inputs.includes(word)) refused.set(word, own);
  }
  const rest: Result =
    refused.size >= failures && failures > 0 ? { kind: 'delivered' } : { kind: 'split', code };
  return inputs.map((id): Result => {
    const own = refused.get(id);
    return own === undefined ? rest : { kind: 'permanent', code: own };
  });
}

/** E-mail addresses of the upsert's inputs, in order; empty where an input is none of an upsert. */
function inputIds(request: VendorRequest): readonly string[] {
  const inputs = parsed(request.body ?? '')?.['inputs'];
  if (!Array.isArray(inputs)) return [''];
  return inputs.map((input: Json) => (isObject(input) && typeof input['id'] === 'string' ? input['id'] : ''));
}

/** Strings in an error's context, whose shape HubSpot does not promise: one level of lists under its members. */
const words = (context: Json | undefined): readonly string[] =>
  isObject(context)
    ? Object.values(context)
        .flat()
        .filter((value): value is string => typeof value === 'string')
        .map((value) => value.trim().toLowerCase())
    : [];
