// Streams as they have to be: made if they are not there, else compared with what is there. What can be changed without harm is
// changed; what cannot is an error that says what to do.

import { JetStreamApiError } from '@nats-io/jetstream';
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import { GatewayError } from '../../core/errors.ts';
import { asUnavailable } from './connection.ts';

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
const NO_PEERS = new Set([10005, 10074]);

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
  if (NO_ROOM.has(code))
    return invalid(
      `the NATS servers have too little room for the stream \`${name}\`: give them more, or lower \`maxBytes\``,
    );
  if (NO_PEERS.has(code))
    return invalid(`there are too few NATS servers for ${num_replicas} replicas of the stream \`${name}\``);
  return code >= 10_000 && error.status >= 400 && error.status < 500
    ? invalid(`the NATS servers refuse the stream \`${name}\`: error ${code}`)
    : asUnavailable(error);
}

/** Null: there is no such stream. */
export async function infoOf(manager: JetStreamManager, name: string): Promise<StreamInfo | null> {
  try {
    return await manager.streams.info(name);
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === 10059) return null;
    throw error;
  }
}

/** Throws `config_invalid` for what is otherwise and cannot be changed, `store_unavailable` where no answer comes. */
export async function ensureStream(manager: JetStreamManager, wanted: StreamShape): Promise<StreamInfo> {
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
