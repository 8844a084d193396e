// A stream as the plain client sees it, for tests of what servers do by themselves.

import type { JetStreamManager } from '@nats-io/jetstream';
import { until } from '../support/gateway.ts';

/** Name of the server that leads it; empty: none does, or nobody says. */
export const leaderOf = (manager: JetStreamManager, stream: string): Promise<string> =>
  manager.streams.info(stream).then(
    ({ cluster }) => cluster?.leader ?? '',
    () => '',
  );

async function readOnce(manager: JetStreamManager, stream: string): Promise<readonly string[]> {
  const texts: string[] = [];
  const { state } = await manager.streams.info(stream);
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await manager.streams.getMessage(stream, { seq });
    if (message !== null) texts.push(message.string());
  }
  return texts;
}

/** The texts that are there for whoever reads, in order. Whoever has just begun to lead may say for a moment that it is unavailable. */
export async function readAll(manager: JetStreamManager, stream: string): Promise<readonly string[]> {
  let texts: readonly string[] = [];
  const readable = (): Promise<boolean> =>
    readOnce(manager, stream).then(
      (read) => ((texts = read), true),
      () => false,
    );
  await until('the stream to be read', readable, 30_000);
  return texts;
}
