// What more than one of the scripts needs: where the schema and the operations are, how to ask the server, and how a
// script ends.
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Source, parse } from 'graphql';

const fromHere = (path) => fileURLToPath(new URL(path, import.meta.url));

export const schemaPath = resolve(process.env.SHIRUBE_SCHEMA ?? fromHere('../../schema/schema.graphql'));

export const operationsFolder = resolve(process.env.SHIRUBE_OPERATIONS ?? fromHere('../../schema/operations'));

/** The schema as it is documented, in the schema definition language. */
export function readSchema() {
  return readFileSync(schemaPath, 'utf8');
}

/** The documented operations, one entry a file. None at all is a mistake: a check of nothing must not pass. */
export function readOperations() {
  const files = readdirSync(operationsFolder)
    .filter((file) => file.endsWith('.graphql'))
    .sort();
  if (files.length === 0) {
    throw new Error(`${operationsFolder} has no .graphql file`);
  }
  return files.map((file) => {
    const path = join(operationsFolder, file);
    const text = readFileSync(path, 'utf8');
    return { file, path, document: parse(new Source(text, path)) };
  });
}

/** The address of the server under test. */
export function serverUrl() {
  if (!process.env.SHIRUBE_URL) {
    throw new Error('SHIRUBE_URL is not set; it is the address of the server, such as http://127.0.0.1:8080/graphql');
  }
  return process.env.SHIRUBE_URL;
}

/** Sends one GraphQL request; gives the HTTP status and the text of the body. */
export async function post(request) {
  const response = await fetch(serverUrl(), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json;q=0.9',
    },
    body: JSON.stringify(request),
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: await response.text() };
}

/** Prints how a script went, and sets its exit code. */
export function finish(summary, failures) {
  for (const failure of failures) {
    console.log(`FAILED ${failure}\n`);
  }
  console.log(failures.length === 0 ? `ok: ${summary}` : `${failures.length} failed: ${summary}`);
  process.exitCode = failures.length === 0 ? 0 : 1;
}
