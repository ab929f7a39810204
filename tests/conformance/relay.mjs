// The real Relay compiler accepts the schema and every documented operation, without an error or a warning.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse as parsePath } from 'node:path';
import { Kind, buildSchema, isScalarType, isSpecifiedScalarType, print, visit } from 'graphql';
import relayCompiler from 'relay-compiler';
import { finish, operationsFolder, readOperations, readSchema } from './lib.mjs';

const modules = readOperations().map(({ file, document }) => ({ name: moduleName(file), document }));
const project = mkdtempSync(join(tmpdir(), 'relay-'));
try {
  writeProject();
  const { status, stdout, stderr } = spawnSync(relayCompiler, ['relay.config.json', '--noWatchman'], {
    cwd: project,
    env: { ...process.env, NO_COLOR: '1' },
    encoding: 'utf8',
  });
  const output = `${stdout}${stderr}`;
  const clean = status === 0 && !/\[(WARN|ERROR)\]/.test(output);
  finish(`relay-compiler on ${modules.length} files of ${operationsFolder}`, clean ? [] : [explain(status, output)]);
} finally {
  rmSync(project, { recursive: true });
}

function writeProject() {
  const sdl = readSchema();
  const scalars = Object.values(buildSchema(sdl).getTypeMap()).filter(
    (type) => isScalarType(type) && !isSpecifiedScalarType(type),
  );
  const config = {
    src: './src',
    schema: './schema.graphql',
    language: 'javascript',
    requireCustomScalarTypes: true,
    customScalarTypes: Object.fromEntries(scalars.map((scalar) => [scalar.name, 'string'])),
  };
  mkdirSync(join(project, 'src'));
  writeFileSync(join(project, 'relay.config.json'), JSON.stringify(config));
  writeFileSync(join(project, 'schema.graphql'), sdl);
  for (const { name, document } of modules) {
    writeFileSync(join(project, 'src', `${name}.js`), moduleText(name, document));
  }
}

/** The name of the JavaScript module that a file of operations becomes: `draft-create.graphql`, `DraftCreate`. */
function moduleName(file) {
  return parsePath(file)
    .name.split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}

/**
 * Relay wants to know from a name alone in which module it is defined and what it is, which nobody else wants to read
 * in documentation. So the names are changed here, and nothing else.
 */
function moduleText(name, document) {
  const renamed = visit(document, {
    [Kind.OPERATION_DEFINITION](node) {
      const suffix = node.operation.charAt(0).toUpperCase() + node.operation.slice(1);
      return { ...node, name: { ...node.name, value: `${name}${node.name?.value ?? ''}${suffix}` } };
    },
    [Kind.FRAGMENT_DEFINITION]: (node) => renameFragment(node),
    [Kind.FRAGMENT_SPREAD]: (node) => renameFragment(node),
  });
  const tags = renamed.definitions.map((definition) => `graphql\`\n${print(definition)}\n\`;\n`);
  return `import { graphql } from 'react-relay';\n\n${tags.join('\n')}`;
}

function renameFragment(node) {
  const home = modules.find(({ document }) =>
    document.definitions.some(({ kind, name }) => kind === Kind.FRAGMENT_DEFINITION && name.value === node.name.value),
  );
  return { ...node, name: { ...node.name, value: `${home?.name}_${node.name.value}` } };
}

function explain(status, output) {
  const sources = modules.map(({ name, document }) => `--- src/${name}.js\n${moduleText(name, document)}`);
  return `relay-compiler ended with ${status}:\n${output}\n${sources.join('\n')}`;
}
