// The linters of the ecosystem find nothing to say about the schema and the documented operations: GraphQL-ESLint on
// both, graphql-schema-linter on the schema.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import graphqlPlugin from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';
import { finish, operationsFolder, readOperations, schemaPath } from './lib.mjs';

const { configs, parser } = graphqlPlugin;

const schemaRules = {
  ...configs['flat/schema-recommended'].rules,
  ...configs['flat/schema-relay'].rules,
  '@graphql-eslint/require-description': [
    'error',
    {
      types: true,
      DirectiveDefinition: true,
      EnumValueDefinition: true,
      FieldDefinition: true,
      InputValueDefinition: true,
      // What the specification defines is not ours to describe.
      ignoredSelectors: ['[parent.name.value=/^(skip|include|deprecated|specifiedBy|oneOf)$/]'],
    },
  ],
  // The specification asks this of connections; a list that is whole, such as the answer of `nodes`, is none. It does not ask
  // that items have an identity: a row of an answer is a value, cited by the answer.
  '@graphql-eslint/relay-edge-types': ['error', { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false }],
  // It also lets a connection go one way only.
  '@graphql-eslint/relay-arguments': ['error', { includeBoth: false }],
  // Whether a description stands on one line or between two is for the exporter of the schema to choose.
  '@graphql-eslint/description-style': 'off',
  // A figure of a year or a step of a tree is a value: it has no identity of its own.
  '@graphql-eslint/strict-id-in-types': 'off',
  // `Period.periodStart` can be the word of the domain.
  '@graphql-eslint/no-typename-prefix': 'off',
};

const operationRules = {
  ...configs['flat/operations-recommended'].rules,
  // How deep a question may go is what the server limits, by its cost.
  '@graphql-eslint/selection-set-depth': 'off',
  // An id everywhere serves a client with a normalized cache; an example asks only for what it explains.
  '@graphql-eslint/require-selections': 'off',
};

const schemaLinterRules = [
  'arguments-have-descriptions',
  'defined-types-are-used',
  'deprecations-have-a-reason',
  'enum-values-all-caps',
  'enum-values-have-descriptions',
  'fields-are-camel-cased',
  'fields-have-descriptions',
  'input-object-values-are-camel-cased',
  'input-object-values-have-descriptions',
  'relay-connection-arguments-spec',
  'relay-connection-types-spec',
  'relay-page-info-spec',
  'types-are-capitalized',
  'types-have-descriptions',
];

const lintedOperations = readOperations().map(({ path }) => path);
const messages = [
  ...(await eslint([schemaPath], schemaRules)),
  ...(await eslint(lintedOperations, operationRules)),
  ...schemaLinter(),
];
finish(`linters on ${schemaPath} and ${lintedOperations.length} files of ${operationsFolder}`, messages);

async function eslint(paths, rules) {
  const linter = new ESLint({
    // ESLint lints nothing outside of its working directory, and the files are outside of this one.
    cwd: '/',
    overrideConfigFile: true,
    overrideConfig: {
      files: ['**/*.graphql'],
      plugins: { '@graphql-eslint': graphqlPlugin },
      languageOptions: {
        parser,
        parserOptions: {
          graphQLConfig: { schema: schemaPath, documents: join(operationsFolder, '*.graphql') },
        },
      },
      rules,
    },
  });
  const results = await linter.lintFiles(paths);
  return results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, column, ruleId, message }) => `${filePath}:${line}:${column} ${ruleId}: ${message}`),
  );
}

function schemaLinter() {
  const command = createRequire(import.meta.url).resolve('graphql-schema-linter/lib/cli.js');
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [command, '--rules', schemaLinterRules.join(','), '--format', 'compact', schemaPath],
    { encoding: 'utf8' },
  );
  return status === 0
    ? []
    : `${stdout}${stderr}`
        .trim()
        .split('\n')
        .map((line) => `graphql-schema-linter: ${line}`);
}
