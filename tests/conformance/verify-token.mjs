// Verifies an access token as anybody can who knows the issuer's published keys, with a JWT library of another house
// (jose). Reads one line of JSON {"keys": URL, "issuer": …, "token": …} and prints the claims.
import { json } from 'node:stream/consumers';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const { keys, issuer, token } = await json(process.stdin);
const expected = { issuer, audience: 'shirube', typ: 'at+jwt', algorithms: ['EdDSA'], clockTolerance: 5 };
const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), expected);
console.log(JSON.stringify(payload));
