// A certified OpenID Connect provider (oidc-provider) to sign in with, in tests. It listens on a free port of the
// loopback, prints one line of JSON with its issuer, and serves until its standard input closes, so that it never
// outlives the test that started it.
//
// Any login name is an account: the name is its subject, and any password is right. What happens in the life of a
// provider happens by POST:
//   /control/email {"sub": …, "email": …, "verified": …} changes an e-mail address;
//   /control/keys makes a new key, under a new name, and forgets the old one.
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import Provider from 'oidc-provider';

const redirect = process.env.SHIRUBE_REDIRECT;
if (!redirect) {
  throw new Error('SHIRUBE_REDIRECT is not set; it is the redirect URI of the client, such as http://127.0.0.1/back');
}

// One line of JSON is all that standard output is for; what the provider has to say goes to the other stream.
console.info = console.error;

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const emails = new Map();
const client = (id) => ({
  client_id: id,
  // Characters that get lost where they are not encoded.
  client_secret: `the secret of ${id}: %+&=`,
  redirect_uris: [redirect],
});
const configuration = {
  clients: [client('shirube'), client('another')],
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  cookies: { keys: ['signs the cookies of tests'] },
  pkce: { required: () => true },
  findAccount: (_context, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: `${sub}さん`, ...(emails.get(sub) ?? mail(`${sub}@example.jp`, true)) }),
  }),
};

function mail(email, verified) {
  return { email, email_verified: verified };
}

/** A provider with a key of its own. What it knows of codes and sessions it shares with its predecessors. */
function provide() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: randomUUID(), use: 'sig', alg: 'RS256' };
  return new Provider(issuer, { ...configuration, jwks: { keys: [key] } }).callback();
}

let provider = provide();
answer = async (request, response) => {
  if (request.url === '/control/email') {
    const { sub, email, verified } = await json(request);
    emails.set(sub, mail(email, verified));
    response.writeHead(204).end();
  } else if (request.url === '/control/keys') {
    provider = provide();
    response.writeHead(204).end();
  } else {
    provider(request, response);
  }
};

process.stdin.resume().once('close', () => process.exit());
console.log(JSON.stringify({ issuer }));
