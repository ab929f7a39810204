// Documents made at random from the schema, most of them with mistakes: the server finds a syntax error where graphql-js
// does, a validation error where graphql-js does, and none where it does not.
//
// The judge is graphql-js 16, on which the tools of the ecosystem run. SEED and COUNT choose the documents.
import { GraphQLSchema, Kind, buildSchema, print, typeFromAST } from 'graphql';
import { generate, jsonValue } from './differential/generate.mjs';
import { judge, rules } from './differential/judge.mjs';
import { layOut, lists, ofMeaning, ofText } from './differential/mutate.mjs';
import { seeded } from './differential/random.mjs';
import { smaller } from './differential/shrink.mjs';
import { finish, post, readSchema, serverUrl } from './lib.mjs';

const SEED = Number(process.env.SEED ?? 20260401);
const COUNT = Number(process.env.COUNT ?? 3000);
const CONCURRENCY = 8;
const MAX_BYTES = 4000;
// A server may refuse what costs too much, which is a verdict on none of this. It must stay rare.
const MAX_REFUSED = 0.02;
// The mistakes are good for something only if they break most rules. With few documents chance decides that.
const MIN_RULES = 22;
const MIN_COUNT_FOR_RULES = 1000;
// What a failure shows: so many kinds of disagreement, each made smaller with so many requests.
const MAX_SHOWN = 20;
const MAX_SHRINKING = 1000;

const server = serverUrl();
// graphql-js 16 is no judge of subscriptions: it throws where one has @skip(if: $variable), and knows nothing of the rule that
// forbids it. Without the root, no document is one, and what a mistake turns into one is invalid to both.
const schema = new GraphQLSchema({ ...buildSchema(readSchema()).toConfig(), subscription: null });
const verdicts = new Map();
const broken = new Map(rules.map((rule) => [rule.name, 0]));
const codes = new Map();
const disagreements = new Map();
const failures = [];

let index = 0;
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    while (index < COUNT) {
      await compare(makeRequest(seeded(Math.imul(SEED, 0x9e3779b1) + index++)));
    }
  }),
);
for (const [kind, found] of [...disagreements].slice(0, MAX_SHOWN)) {
  failures.push(await describe(kind, found));
}
checkReach();
report();

/** One request, and which mistakes were made in it. */
function makeRequest(random) {
  const document = generate(schema, random);
  // Before there are mistakes: a definition with one may have no value at all.
  const request = { query: '', ...parametersOf(document, random) };
  const mistakes = Array.from({ length: random.pick([0, 0, 1, 1, 1, 1, 1, 2, 2, 3]) }, () => {
    const kind = random.chance(600) ? ofMeaning : ofText;
    return [kind, random.pick(Object.keys(kind))];
  });
  for (const [kind, name] of mistakes) {
    // An earlier mistake can leave nothing to make another one in.
    if (kind === ofMeaning && lists(document).length > 0) {
      ofMeaning[name](document, random, schema);
    }
  }
  request.query = random.chance(300) ? layOut(print(document), random) : print(document);
  for (const [kind, name] of mistakes) {
    if (kind === ofText) {
      request.query = ofText[name](request.query, random);
    }
  }
  return Buffer.byteLength(request.query) > MAX_BYTES
    ? makeRequest(random)
    : { request, mistakes: mistakes.map(([, name]) => name) };
}

/** The other parameters of a request: often no value for a variable that need not have one. */
function parametersOf(document, random) {
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const { name } = random.pick(operations);
  const variables = {};
  for (const { variable, type, defaultValue } of operations.flatMap(({ variableDefinitions }) => variableDefinitions)) {
    const optional = defaultValue || type.kind !== Kind.NON_NULL_TYPE;
    if (!(optional && random.chance(300))) {
      variables[variable.name.value] = jsonValue(typeFromAST(schema, type), random);
    }
  }
  return operations.length > 1 || random.chance(200) ? { variables, operationName: name?.value } : { variables };
}

/** Asks both. Gives the kind of their disagreement, if there is one. */
async function disagreement(request) {
  const expected = judge(schema, request.query);
  const actual = await serverVerdict(request);
  const differ = actual.verdict !== 'refused' && actual.verdict !== expected.verdict;
  const kind = `graphql-js ${expected.verdict}, server ${actual.verdict}: ${reasons(expected, actual)}`;
  return { expected, actual, kind: differ ? kind : undefined };
}

/** What one kind of disagreement has in common: why the stricter of both says what it says, without the names in it. */
function reasons(expected, actual) {
  const general = ([message = '']) => {
    const lastLine = message.trim().split('\n').at(-1).trim();
    return lastLine.replace(/"[^"]*"|'[^']*'|`[^`]*`|\d+/g, '…');
  };
  const serverIsStricter = expected.verdict === 'valid' || ['parse', 'broken'].includes(actual.verdict);
  return serverIsStricter ? general(actual.messages) : expected.broken.join(', ') || general(expected.messages);
}

async function compare({ request, mistakes }) {
  const { expected, actual, kind } = await disagreement(request);
  count(verdicts, `${expected.verdict}/${actual.verdict}`);
  for (const rule of expected.broken) {
    count(broken, rule);
  }
  for (const code of actual.codes) {
    count(codes, code);
  }
  if (kind) {
    const found = disagreements.get(kind) ?? { times: 0, request, mistakes };
    disagreements.set(kind, { ...found, times: found.times + 1 });
  }
}

function count(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

async function serverVerdict(request) {
  const { status, body } = await post(request).catch((error) => ({ body: `${error}: ${error.cause}` }));
  const { data, errors = [] } = parseAnswer(body);
  if (status >= 500 || (data === undefined && errors.length === 0)) {
    return { verdict: 'broken', codes: [`HTTP ${status}`], messages: [`HTTP ${status} ${body}`] };
  }
  const codes = errors.map((error) => error.extensions?.code ?? '(none)');
  const messages = errors.map(({ message }, index) => `${codes[index]}: ${message}`);
  const verdict = codes.includes('QUERY_TOO_COMPLEX')
    ? 'refused'
    : codes.includes('GRAPHQL_PARSE_FAILED')
      ? 'parse'
      : codes.includes('GRAPHQL_VALIDATION_FAILED')
        ? 'invalid'
        : 'valid';
  return { verdict, codes: data ? ['data', ...codes] : codes, messages };
}

function parseAnswer(body) {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {};
  }
}

async function describe(kind, { times, request, mistakes }) {
  const small = await shrink(request, kind);
  const { expected, actual } = await disagreement(small);
  return [
    `${kind} (${times} times)`,
    `  mistakes:   ${mistakes.join(', ') || 'none'}`,
    `  request:    ${JSON.stringify(small)}`,
    `  graphql-js: ${expected.verdict} ${expected.messages.join(' | ')}`,
    `  server:     ${actual.verdict} ${actual.messages.join(' | ')}`,
    small.query.replaceAll('\r', '␍').replace(/^/gm, '    '),
  ].join('\n');
}

/** The same disagreement with less of a document. */
async function shrink(request, kind) {
  let smallest = request;
  let candidates = smaller(request.query);
  let shrunk = false;
  for (let asked = 0, next = 0; asked < MAX_SHRINKING; asked++) {
    if (next >= candidates.length) {
      if (!shrunk || candidates.length === 0) {
        break;
      }
      // Once more from the start: what could not go before may go now.
      next = 0;
      shrunk = false;
    }
    const candidate = { ...smallest, query: candidates[next] };
    if ((await disagreement(candidate)).kind === kind) {
      smallest = candidate;
      candidates = smaller(candidate.query);
      shrunk = true;
    } else {
      next++;
    }
  }
  return smallest;
}

function checkReach() {
  const refused = [...verdicts].filter(([key]) => key.endsWith('/refused')).reduce((sum, [, times]) => sum + times, 0);
  if (refused > COUNT * MAX_REFUSED) {
    failures.push(`${refused} of ${COUNT} documents were refused with QUERY_TOO_COMPLEX`);
  }
  const reached = [...broken.values()].filter((times) => times > 0).length;
  if (COUNT >= MIN_COUNT_FOR_RULES && reached < MIN_RULES) {
    failures.push(`only ${reached} rules of graphql-js were broken by any document`);
  }
}

function report() {
  const table = (title, counts) => {
    console.log(title);
    for (const [key, times] of [...counts].sort(([, a], [, b]) => b - a)) {
      console.log(`  ${String(times).padStart(6)} ${key}`);
    }
  };
  table('Verdicts of graphql-js/of the server:', verdicts);
  table('What the server answered:', codes);
  table('Documents by the rule of graphql-js that they break:', broken);
  const differing = [...disagreements.values()].reduce((sum, { times }) => sum + times, 0);
  finish(
    `SEED=${SEED} COUNT=${COUNT} on ${server}: ${differing} disagreements of ${disagreements.size} kinds`,
    failures,
  );
}
