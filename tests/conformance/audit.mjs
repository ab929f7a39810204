// Every audit of the GraphQL-over-HTTP specification passes: what a server MUST, what it SHOULD, and what it MAY do.
import { serverAudits } from 'graphql-http';
import { finish, serverUrl } from './lib.mjs';

let sent;
const audits = serverAudits({
  url: serverUrl(),
  fetchFn(url, init) {
    sent = { url, ...init };
    return fetch(url, init);
  },
});

const failures = [];
for (const audit of audits) {
  const result = await audit.fn();
  if (result.status !== 'ok') {
    failures.push(await describe(result));
  }
}
finish(`${audits.length} audits of ${serverUrl()}`, failures);

async function describe({ id, name, status, reason, response }) {
  const body = response.bodyUsed ? '(read by the audit)' : await response.text();
  return [
    `[${status}] audit ${id}: ${name}`,
    `  reason:  ${reason}`,
    `  request: ${JSON.stringify(sent)}`,
    `  answer:  ${response.status} ${response.headers.get('content-type')} ${body}`,
  ].join('\n');
}
