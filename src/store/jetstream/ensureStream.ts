// Streams as they have to be: made if they are not there, else compared with what is there. What can be changed without harm is
// changed; what cannot is an error that says what to do.

import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import { asUnavailable, RETRY_AFTER_S } from './connection.ts';

export type StreamShape = Pick<StreamConfig, 'name' | 'subjects' | 'num_replicas'> & Partial<StreamConfig>;

/** What a server changes in place without losing or refusing what rests. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'num_replicas',
  'max_bytes',
  'max_age',
  'duplicate_window',
  'allow_direct',
  'deny_delete',
  'description',
]);

export interface Difference {
  readonly field: string;
  readonly changeable: boolean;
}

/** Fields of the shape that the stream has otherwise. */
export function differences(wanted: StreamShape, there: StreamConfig): readonly Difference[] {
  return Object.entries(wanted)
    .filter(
      ([field, value]) =>
        JSON.stringify(value) !== JSON.stringify(Reflect.get(there, field) ?? absent(value)),
    )
    .map(([field]) => ({ field, changeable: CHANGEABLE.has(field) }));
}

/** Servers leave out what is false, nothing or empty. */
const absent = (like: unknown): unknown =>
  typeof like === 'boolean' ? false : typeof like === 'number' ? 0 : undefined;

const NO_ROOM = new Set([10023, 10028, 10047]);
const NOT_CLUSTERED = 10074;
/** Too few suitable servers; its description lists why each of the others was not, and nothing where there were no others. */
const NO_PEERS = 10005;

/** What of a manager is needed to make streams. */
export type Streams = { readonly streams: Pick<JetStreamManager['streams'], 'info' | 'add' | 'update'> };

/**
 * One that is gone may come back, and servers that have just met do not know all of each other yet (`miscellaneous`, or no reason).
 * Three new ones of 2.10.27 that started at the same moment sometimes (one start in eight) leave one out until that is started again.
 */
const isPassing = (description: string): boolean =>
  /peer offline|miscellaneous issue|^no suitable peers for placement$/.test(description);

/** What a refusal to make or change a stream means to whoever runs the gateway. */
function asSetupFailure(error: unknown, { name, num_replicas }: StreamShape): GatewayError {
  const invalid = (message: string): GatewayError =>
    new GatewayError('config_invalid', message, { cause: error });
  if (error instanceof Error && error.name === 'JetStreamNotEnabled')
    return invalid('the NATS servers of the store have no JetStream: enable it');
  if (!(error instanceof JetStreamApiError)) return asUnavailable(error);
  const { code } = error;
  if (code === 10076 || code === 10039)
    return invalid('the NATS account of the store has no JetStream: enable it');
  if (NO_ROOM.has(code) || (code === NO_PEERS && error.message.includes('insufficient storage')))
    return invalid(
      `the NATS servers have too little room for the stream \`${name}\`: give them more, or lower \`maxBytes\``,
    );
  const few = `there are too few NATS servers for ${num_replicas} replicas of the stream \`${name}\``;
  if (code === NOT_CLUSTERED) return invalid(few);
  if (code === NO_PEERS && isPassing(error.message))
    return new GatewayError(
      'store_unavailable',
      `${few} now: start those that are missing; if all of them run, restart one after the other; or lower \`replicas\``,
      {
        cause: error,
        retryAfter: RETRY_AFTER_S,
      },
    );
  if (code === NO_PEERS) return invalid(few);
  return code >= 10_000 && error.status >= 400 && error.status < 500
    ? invalid(`the NATS servers refuse the stream \`${name}\`: error ${code}`)
    : asUnavailable(error);
}

/** Null: there is no such stream. */
export async function infoOf(manager: Streams, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === 10059) return null;
    throw error;
  }
}

/** Throws `config_invalid` for what is otherwise and cannot be changed, `store_unavailable` where no answer comes or servers are missing. */
export async function ensureStream(manager: Streams, wanted: StreamShape): Promise<StreamInfo> {
  try {
    const there = await infoOf(manager, wanted.name);
    if (there === null) return await manager.streams.add(wanted);
    const found = differences(wanted, there.config);
    if (found.length === 0) return there;
    const fixed = found.filter(({ changeable }) => !changeable).map(({ field }) => `\`${field}\``);
    if (fixed.length > 0)
      throw new GatewayError(
        'config_invalid',
        `the stream \`${wanted.name}\` has ${fixed.join(', ')} otherwise than the store address says, which cannot be changed: restore the address, or use another \`prefix\``,
      );
    return await manager.streams.update(wanted.name, wanted);
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw asSetupFailure(error, wanted);
  }
}
