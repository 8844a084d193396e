// Tests that need a browser, a server, a disk to fill or minutes of time; `npm run test:long`.
export default {
  extensions: ['ts'],
  files: ['test/**/*.long.ts'],
  require: ['./test/support/seed.ts'],
  timeout: '20m',
  concurrency: 1,
};
