import test from 'ava';
import { createHmac } from 'node:crypto';
import { Secret } from '../../src/core/secret.ts';
import { printable, sign } from '../../src/delivery/auth.ts';
import { baseString, oauthSignature, percentEncode } from '../../src/delivery/oauth.ts';
import { request } from './support.ts';

const moment = { now: 1_763_640_000_500, bytes: (count: number) => new Uint8Array(count).fill(0xab) };
const secret = new Secret('s3cret &=');

test('percent-encoding keeps the unreserved characters of RFC 3986 and nothing else', (t) => {
  t.is(percentEncode("AZaz09-._~ !'()*+/é"), 'AZaz09-._~%20%21%27%28%29%2A%2B%2F%C3%A9');
  t.is(percentEncode('\uD800'), '%EF%BF%BD');
});

test('the base string is that of RFC 5849, section 3.4.1.1', (t) => {
  const found = baseString({
    method: 'POST',
    url: 'http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b',
    pairs: [
      ['oauth_consumer_key', '9djdj82h48djs9d2'],
      ['oauth_token', 'kkk9d7dh3k39sjv7'],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', '137131201'],
      ['oauth_nonce', '7d8f3e4a'],
      ['c2', ''],
      ['a3', '2 q'],
    ],
  });
  t.is(
    found,
    'POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D%26c%2540%3D%26c2%3D%26' +
      'oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26' +
      'oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7',
  );
});

const VECTORS = [
  {
    from: 'RFC 5849, section 1.2',
    signable: {
      method: 'GET',
      url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
      pairs: [
        ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
        ['oauth_token', 'nnch734d00sl2jdk'],
        ['oauth_signature_method', 'HMAC-SHA1'],
        ['oauth_timestamp', '137131202'],
        ['oauth_nonce', 'chapoH'],
      ],
    },
    secrets: { consumerSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' },
    signature: 'MdpQcU8iPSUjWoN/UDMsK2sui9I=',
  },
  {
    from: 'OAuth Core 1.0, appendix A.5',
    signable: {
      method: 'GET',
      url: 'http://photos.example.net/photos?file=vacation.jpg&size=original',
      pairs: [
        ['oauth_consumer_key', 'dpf43f3p2l4k3l03'],
        ['oauth_token', 'nnch734d00sl2jdk'],
        ['oauth_signature_method', 'HMAC-SHA1'],
        ['oauth_timestamp', '1191242096'],
        ['oauth_nonce', 'kllo9940pd9333jh'],
        ['oauth_version', '1.0'],
      ],
    },
    secrets: { consumerSecret: 'kd94hf93k423kf44', tokenSecret: 'pfkkdhi9sl3r4s00' },
    signature: 'tR3+Ty81lMeYAr/Fid0kMTYa/WM=',
  },
  {
    from: 'X, creating a signature',
    signable: {
      method: 'POST',
      url: 'https://api.twitter.com/1.1/statuses/update.json?include_entities=true',
      pairs: [
        ['status', 'Hello Ladies + Gentlemen, a signed OAuth request!'],
        ['oauth_consumer_key', 'xvz1evFS4wEEPTGEFPHBog'],
        ['oauth_nonce', 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg'],
        ['oauth_signature_method', 'HMAC-SHA1'],
        ['oauth_timestamp', '1318622958'],
        ['oauth_token', '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb'],
        ['oauth_version', '1.0'],
      ],
    },
    secrets: {
      consumerSecret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    },
    signature: 'hCtSmYh+iHYCEqBWrE7C7hYmtUk=',
  },
] as const;

for (const { from, signable, secrets, signature } of VECTORS)
  test(`the signature is the published one: ${from}`, (t) => {
    t.is(oauthSignature(signable, secrets), signature);
  });

test('an OAuth request states nonce and time as given, and signs a form-encoded body', (t) => {
  const auth = {
    type: 'oauth1',
    consumerKey: 'ck',
    consumerSecret: new Secret('cs'),
    token: 'tk',
    tokenSecret: new Secret('ts'),
  } as const;
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const header = (over: Parameters<typeof request>[0]) =>
    sign(request({ auth, ...over }), moment)?.headers['authorization'] ?? '';
  const json = header({ body: '{"a":1}' });
  t.regex(
    json,
    /^OAuth oauth_consumer_key="ck", oauth_nonce="(?:ab){16}", oauth_signature_method="HMAC-SHA1", oauth_timestamp="1763640000", oauth_token="tk", oauth_version="1\.0", oauth_signature="[\w%]+"$/,
  );
  t.is(header({ body: '{"a":2}' }), json, 'a JSON body is not part of the signature');
  t.not(header({ headers: form, body: 'a=1' }), header({ headers: form, body: 'a=2' }));
});

test('a header secret stands behind its prefix', (t) => {
  const auth = { type: 'header', name: 'Authorization', prefix: 'Bearer ', secret } as const;
  t.deepEqual(sign(request({ auth }), moment)?.headers, {
    'content-type': 'application/json',
    authorization: 'Bearer s3cret &=',
  });
});

test('a query secret is encoded and goes behind what the address has, before its fragment', (t) => {
  const auth = { type: 'query', name: 'api_secret', secret } as const;
  const url = (address: string) => sign(request({ url: address, auth }), moment)?.url;
  t.is(url('https://v.example/c'), 'https://v.example/c?api_secret=s3cret%20%26%3D');
  t.is(url('https://v.example/c?a=1#f'), 'https://v.example/c?a=1&api_secret=s3cret%20%26%3D');
});

test('a body secret is the first field of a JSON object, and of nothing else', (t) => {
  const auth = { type: 'body', name: 'access_token', secret } as const;
  const body = (text: string | null) => sign(request({ body: text, auth }), moment)?.body;
  t.is(body('{"a":1}'), '{"access_token":"s3cret &=","a":1}');
  t.is(body('{ }'), '{"access_token":"s3cret &="}');
  t.is(body(null), '{"access_token":"s3cret &="}');
  t.is(body('[1]'), undefined);
  t.is(body('a=1'), undefined);
});

test('an HMAC covers the seconds and the body', (t) => {
  const auth = { type: 'hmac', header: 'x-sluis-signature', secret } as const;
  const v1 = createHmac('sha256', 's3cret &=').update('1763640000.{"a":1}').digest('hex');
  t.is(sign(request({ auth }), moment)?.headers['x-sluis-signature'], `t=1763640000,v1=${v1}`);
});

test('what is printed holds a placeholder and never the secret', (t) => {
  const auths = [
    { type: 'none' },
    { type: 'header', name: 'authorization', prefix: 'Bearer ', secret },
    { type: 'query', name: 'api_secret', secret },
    { type: 'body', name: 'access_token', secret },
    { type: 'hmac', header: 'x-signature', secret },
    { type: 'oauth1', consumerKey: 'ck', consumerSecret: secret, token: 'tk', tokenSecret: secret },
  ] as const;
  const shown = auths.map((auth) => printable(request({ auth })));
  t.deepEqual(
    shown.map(({ url, headers, body }) => [
      url.slice(30),
      headers['authorization'] ?? headers['x-signature'],
      body,
    ]),
    [
      ['', undefined, '{"a":1}'],
      ['', 'Bearer ***', '{"a":1}'],
      ['?api_secret=***', undefined, '{"a":1}'],
      ['', undefined, '{"access_token":"***","a":1}'],
      ['', '***', '{"a":1}'],
      ['', 'OAuth ***', '{"a":1}'],
    ],
  );
  t.false(JSON.stringify(shown).includes('s3cret'));
});
