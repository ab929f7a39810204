// The schema is valid and documented, the server is the one that the schema describes, and both follow the Relay server
// specification.
import {
  Source,
  buildClientSchema,
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isListType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
  lexicographicSortSchema,
  parse,
  print,
  printSchema,
  validateSchema,
} from 'graphql';
import { finish, post, readSchema, schemaPath } from './lib.mjs';

const schema = build();
const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const failures = [
  ...validateSchema(schema).map((error) => `${schemaPath} is not valid: ${error}`),
  ...undescribed().map((place) => `${place} has no description`),
  ...relayDeviations(),
  ...(await serverDifferences()),
];
finish(`${types.length} types of ${schemaPath}`, failures);

/** Without a schema there is nothing else to check, so this ends the script if there is none. */
function build() {
  try {
    return buildSchema(new Source(readSchema(), schemaPath));
  } catch (error) {
    finish('the schema cannot be built', [String(error)]);
    return process.exit();
  }
}

/** Where a description is missing, as schema coordinates. */
function undescribed() {
  const places = [];
  const check = (place, { description }) => {
    if (!description?.trim()) {
      places.push(place);
    }
  };
  const checkArguments = (place, { args }) => {
    for (const argument of args) {
      check(`${place}(${argument.name}:)`, argument);
    }
  };
  for (const type of types) {
    check(type.name, type);
    if (isEnumType(type)) {
      for (const value of type.getValues()) {
        check(`${type.name}.${value.name}`, value);
      }
    }
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) {
        check(`${type.name}.${field.name}`, field);
        checkArguments(`${type.name}.${field.name}`, { args: field.args ?? [] });
      }
    }
  }
  for (const directive of schema.getDirectives().filter((directive) => !isSpecifiedDirective(directive))) {
    check(`@${directive.name}`, directive);
    checkArguments(`@${directive.name}`, directive);
  }
  return places;
}

/**
 * How the schema departs from https://relay.dev/docs/guides/graphql-server-specification/ and
 * https://relay.dev/graphql/connections.htm.
 */
function relayDeviations() {
  const deviations = [];
  const expect = (holds, rule) => {
    if (!holds) {
      deviations.push(`Relay: ${rule}`);
    }
  };
  const expectField = (typeName, fieldName, fieldType, args = {}) => {
    const field = schema.getType(typeName)?.getFields?.()[fieldName];
    expect(String(field?.type) === fieldType, `${typeName}.${fieldName} is ${field?.type}, not ${fieldType}`);
    for (const [name, type] of Object.entries(args)) {
      const argument = field?.args.find((argument) => argument.name === name);
      expect(String(argument?.type) === type, `${typeName}.${fieldName}(${name}:) is ${argument?.type}, not ${type}`);
    }
  };
  const query = schema.getQueryType().name;

  expect(isInterfaceType(schema.getType('Node')), 'there is no interface Node');
  expectField('Node', 'id', 'ID!');
  expectField(query, 'node', 'Node', { id: 'ID!' });
  expectField(query, 'nodes', '[Node]!', { ids: '[ID!]!' });

  expectField('PageInfo', 'hasNextPage', 'Boolean!');
  expectField('PageInfo', 'hasPreviousPage', 'Boolean!');
  expectField('PageInfo', 'startCursor', 'String');
  expectField('PageInfo', 'endCursor', 'String');

  const connections = types.filter((type) => type.name.endsWith('Connection'));
  expect(connections.length > 0, 'there is no connection at all');
  for (const connection of connections) {
    expect(isObjectType(connection), `${connection.name} is not an object type`);
    expectField(connection.name, 'pageInfo', 'PageInfo!');
    const edges = connection.getFields?.().edges?.type;
    expect(edges && isListType(getNullableType(edges)), `${connection.name}.edges is ${edges}, not a list`);
    const edge = edges && getNamedType(edges);
    expect(edge && isObjectType(edge), `${connection.name}.edges has no object type in it`);
    const node = edge?.getFields?.().node;
    expect(node && !isListType(getNullableType(node.type)), `${edge}.node is ${node?.type}, not one thing`);
    if (edge) {
      expectField(edge.name, 'cursor', 'String!');
    }
  }

  for (const type of types.filter((type) => isObjectType(type) || isInterfaceType(type))) {
    for (const field of Object.values(type.getFields())) {
      if (connections.includes(getNamedType(field.type))) {
        const has = Object.fromEntries(field.args.map(({ name, type }) => [name, String(getNullableType(type))]));
        const forward = has.first === 'Int' && has.after === 'String';
        const backward = has.last === 'Int' && has.before === 'String';
        expect(
          forward || backward,
          `${type.name}.${field.name} has neither (first: Int, after: String) nor the reverse`,
        );
      }
    }
  }
  return deviations;
}

/** What the server says of itself by introspection that the documented schema does not, and the reverse. */
async function serverDifferences() {
  const query = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    inputValueDeprecation: true,
    // Only where it is needed: a server without such inputs need not know the field.
    oneOf: types.some((type) => isInputObjectType(type) && type.isOneOf),
    // async-graphql answers the description of the type __Schema itself, which no schema document says.
    schemaDescription: false,
  });
  const { status, body } = await post({ query });
  const result = JSON.parse(body);
  if (status !== 200 || result.errors) {
    return [`introspection: HTTP ${status} ${JSON.stringify(result.errors ?? result)} for the query\n${query}`];
  }

  const documented = definitions(schema);
  const served = definitions(buildClientSchema(result.data));
  return [...new Set([...documented.keys(), ...served.keys()])]
    .filter((name) => documented.get(name) !== served.get(name))
    .map((name) => `${name} differs\n--- documented\n${documented.get(name)}\n--- served\n${served.get(name)}`);
}

/** Every definition that printSchema writes, by name. */
function definitions(schema) {
  const { definitions } = parse(printSchema(lexicographicSortSchema(schema)));
  return new Map(
    definitions.map((definition) => [`${definition.kind} ${definition.name?.value ?? ''}`, print(definition)]),
  );
}
