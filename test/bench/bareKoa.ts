// The reference that `accept` is compared with: Koa and @koa/router with six routes, JSON.parse, nothing stored.

import { Router } from '@koa/router';
import Koa from 'koa';
import type { AddressInfo } from 'node:net';

const app = new Koa();
const router = new Router();
for (const name of ['track', 'page', 'identify', 'group', 'alias', 'batch'])
  router.post(`/v1/${name}`, async (ctx) => {
    const chunks: Buffer[] = [];
    for await (const chunk of ctx.req as AsyncIterable<Buffer>) chunks.push(chunk);
    const event: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    ctx.status = typeof event === 'object' ? 200 : 400;
    ctx.body = { success: true };
  });
app.use(router.routes());
const server = app.listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`);
});
