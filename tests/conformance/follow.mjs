// A client that others wrote (graphql-ws) follows one subscription, in tests. It prints one line of JSON for each thing that
// it hears, {"connected": true} first, until its standard input closes, so that it never outlives the test that started it.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { serverUrl } from './lib.mjs';

const { SHIRUBE_QUERY: query, SHIRUBE_TOKEN: token } = process.env;
if (!query) {
  throw new Error('SHIRUBE_QUERY is not set; it is the subscription to follow');
}

const tell = (heard) => console.log(JSON.stringify(heard));

const client = createClient({
  url: serverUrl(),
  webSocketImpl: WebSocket,
  connectionParams: token ? { Authorization: `Bearer ${token}` } : undefined,
  retryAttempts: 0,
});
client.on('connected', () => tell({ connected: true }));
client.subscribe(
  { query },
  {
    next: (answer) => tell({ next: answer }),
    // An array holds the errors of the operation; anything else is how the socket was closed.
    error: (error) => tell({ error: Array.isArray(error) ? error : { code: error.code, reason: error.reason } }),
    complete: () => tell({ complete: true }),
  },
);

process.stdin.resume();
process.stdin.on('end', () => process.exit());
