// Documents that a schema allows, at random: most are valid, and those that are not are as good a question.
import {
  GraphQLInt,
  Kind,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
  parseType,
  visit,
} from 'graphql';

// Below what a careful server allows one document to ask.
const MAX_DEPTH = 7;
const MAX_FIELDS = 24;
const MAX_ALIASES = 6;
const MAX_FRAGMENTS = 3;
const MAX_INPUT_DEPTH = 3;

const ALIASES = ['a', 'b', 'c', 'd', 'e', 'query', 'on', 'null'];
const STRINGS = ['', 'a', '札幌市', '"quoted" \\ /', 'line\nline', 'tab\t', '🗻', '\u0007', '  indented\n    more\n'];
const NUMBERS = { Int: ['0', '1', '-5', '2147483647', '-2147483648'], Float: ['1', '-0', '1.5', '-2e3', '1.0E-2'] };
// What a variable of a scalar is sent as. Any other than these is sent as a date.
const SCALARS = { Boolean: true, Int: 1, Float: 0.5, Decimal: '1.5', FiscalYear: 2026, MunicipalityCode: '012262' };

export const name = (value) => ({ kind: Kind.NAME, value });
export const variable = (value) => ({ kind: Kind.VARIABLE, name: name(value) });
export const field = (value) => ({ kind: Kind.FIELD, name: name(value), arguments: [], directives: [] });
const argument = (value, of) => ({ kind: Kind.ARGUMENT, name: name(value), value: of });
const literal = (kind, value) => ({ kind, value });

/** A document. Its variables have one definition each, which every operation that uses them repeats. */
export function generate(schema, random) {
  const variables = new Map();
  const fragments = [];
  const asked = new Map();
  let fieldsLeft = MAX_FIELDS;
  let aliasesLeft = MAX_ALIASES;

  const roots = ['query', 'mutation', 'subscription'].filter((operation) => schema.getRootType(operation));
  const count = random.chance(250) ? 2 + random.below(2) : 1;
  const operations = Array.from({ length: count }, (_, index) => {
    const operation = random.chance(800) ? 'query' : random.pick(roots);
    return {
      kind: Kind.OPERATION_DEFINITION,
      operation,
      name: random.chance(count === 1 ? 800 : 980) ? name(`Op${index}`) : undefined,
      directives: directives(operation.toUpperCase(), true),
      selectionSet: selectionSet(schema.getRootType(operation), MAX_DEPTH),
    };
  });
  const definitions = random.chance(800) ? [...operations, ...fragments] : [...fragments, ...operations];
  const document = { kind: Kind.DOCUMENT, definitions };
  for (const operation of operations) {
    operation.variableDefinitions = [...usedVariables(operation)].map((used) => variables.get(used));
  }
  const describable = definitions.filter((definition) => definition.name);
  if (describable.length > 0 && random.chance(20)) {
    random.pick(describable).description = literal(Kind.STRING, 'What it is for.');
  }
  return document;

  function selectionSet(type, depth) {
    const selections = Array.from({ length: 1 + random.below(4) }, () => selection(type, depth)).filter(Boolean);
    return { kind: Kind.SELECTION_SET, selections: selections.length > 0 ? selections : [field('__typename')] };
  }

  function selection(type, depth) {
    if (depth > 1 && random.chance(isAbstractType(type) ? 500 : 120)) {
      const condition = overlapping(type);
      return random.chance(500) ? inlineFragment(type, condition, depth) : fragmentSpread(condition, depth);
    }
    if (!type.getFields || random.chance(80)) {
      return field('__typename');
    }
    const meta = type === schema.getQueryType() && random.chance(40);
    const fields = meta ? [SchemaMetaFieldDef, TypeMetaFieldDef] : Object.values(type.getFields());
    const definition = random.pick(fields.filter(({ type }) => isLeafType(getNamedType(type)) || depth > 1));
    return definition && fieldsLeft-- > 0 ? ofDefinition(definition, depth) : undefined;
  }

  function ofDefinition(definition, depth) {
    const node = { ...field(definition.name), directives: directives('FIELD') };
    // A field is mostly asked in one way only, in an interface as in its types, so that its occurrences can be merged.
    const signature = [definition.name, ...definition.args.map(({ name, type }) => `${name}: ${type}`)].join();
    if (!asked.has(signature) || random.chance(25)) {
      asked.set(signature, argumentsOf(definition.args));
    }
    node.arguments = structuredClone(asked.get(signature));
    if (random.chance(80) && aliasesLeft-- > 0) {
      node.alias = name(random.pick(ALIASES));
    }
    const type = getNamedType(definition.type);
    if (isCompositeType(type)) {
      // What introspection answers grows with its depth more than anything else does.
      node.selectionSet = selectionSet(type, isIntrospectionType(type) ? Math.min(depth - 1, 2) : depth - 1);
    }
    return node;
  }

  function inlineFragment(parent, condition, depth) {
    const conditional = random.chance(850);
    return {
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: conditional ? namedType(condition) : undefined,
      directives: directives('INLINE_FRAGMENT'),
      selectionSet: selectionSet(conditional ? condition : parent, depth - 1),
    };
  }

  function fragmentSpread(type, depth) {
    const usable = fragments.filter((made) => made.depth <= depth && made.typeCondition.name.value === type.name);
    let fragment = random.pick(usable);
    if (!fragment || random.chance(300)) {
      if (fragments.length >= MAX_FRAGMENTS) {
        return undefined;
      }
      // Its selections are made before others can spread it, so that there is no cycle.
      const selections = selectionSet(type, depth - 1);
      fragment = {
        kind: Kind.FRAGMENT_DEFINITION,
        name: name(`Part${fragments.length}`),
        typeCondition: namedType(type),
        directives: directives('FRAGMENT_DEFINITION'),
        selectionSet: selections,
        depth,
      };
      fragments.push(fragment);
    }
    return {
      kind: Kind.FRAGMENT_SPREAD,
      name: fragment.name,
      directives: directives('FRAGMENT_SPREAD'),
    };
  }

  /** A type that a fragment inside of `type` can be on. */
  function overlapping(type) {
    const possible = (of) => (isObjectType(of) ? [of] : schema.getPossibleTypes(of));
    const types = Object.values(schema.getTypeMap()).filter(isCompositeType);
    return random.pick(types.filter((other) => possible(other).some((one) => possible(type).includes(one)))) ?? type;
  }

  function directives(location, constant = false) {
    if (!random.chance(70)) {
      return [];
    }
    const here = schema.getDirectives().filter(({ locations }) => locations.includes(location));
    const directive = random.pick(here);
    return directive
      ? [{ kind: Kind.DIRECTIVE, name: name(directive.name), arguments: argumentsOf(directive.args, constant) }]
      : [];
  }

  function argumentsOf(definitions, constant = false) {
    // One page, from its start: a page from the end and one in the middle are other questions of the same kind.
    const given = definitions.filter((definition) =>
      definition.name === 'first' || isRequiredArgument(definition)
        ? true
        : random.chance(['last', 'before'].includes(definition.name) ? 20 : 350),
    );
    return given.map((definition) => argument(definition.name, value(definition, definition.type, 0, constant)));
  }

  /** A value for a place: an argument or an input field, and within a list the type of its items. */
  function value(place, type, depth, constant = false) {
    if (!constant && random.chance(250)) {
      return variableFor(place, type);
    }
    if (!isNonNullType(type) && place.name !== 'first' && random.chance(40)) {
      return { kind: Kind.NULL };
    }
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      // A single item is a list of one; an item that is null is not.
      return !isListType(getNullableType(nullable.ofType)) && random.chance(150)
        ? value(place, nullable.ofType, depth, constant)
        : { kind: Kind.LIST, values: repeat(2, () => value(place, nullable.ofType, depth, constant)) };
    }
    if (isInputObjectType(nullable)) {
      return inputObject(nullable, depth, constant);
    }
    return place.name === 'first' ? literal(Kind.INT, '1') : leaf(nullable, constant);
  }

  function repeat(most, make) {
    return Array.from({ length: random.below(most + 1) }, make);
  }

  function inputObject(type, depth, constant) {
    const all = Object.values(type.getFields());
    const given = type.isOneOf
      ? [random.pick(all)]
      : all.filter((of) => isRequiredInputField(of) || (depth < MAX_INPUT_DEPTH && random.chance(400)));
    return {
      kind: Kind.OBJECT,
      fields: given.map((of) => ({
        kind: Kind.OBJECT_FIELD,
        name: name(of.name),
        value: value(of, of.type, depth + 1, constant),
      })),
    };
  }

  function leaf(type, constant) {
    if (isEnumType(type)) {
      return literal(Kind.ENUM, random.pick(type.getValues()).name);
    }
    switch (type.name) {
      case 'Boolean':
        return literal(Kind.BOOLEAN, random.chance(500));
      case 'Int':
        return literal(Kind.INT, random.pick(NUMBERS.Int));
      case 'Float': {
        // None that is too large for a double: graphql-js takes it as infinite, the specification does not.
        const number = random.pick(NUMBERS.Float);
        return literal(/^-?\d+$/.test(number) ? Kind.INT : Kind.FLOAT, number);
      }
      case 'ID':
        return random.chance(300) ? literal(Kind.INT, random.pick(NUMBERS.Int)) : string();
      case 'String':
        return string();
      default:
        return customScalar(constant);
    }
  }

  function string() {
    return { kind: Kind.STRING, value: random.pick(STRINGS), block: random.chance(200) };
  }

  /** Any literal may be a custom scalar until it is coerced, and any variable may stand in one that is an object. */
  function customScalar(constant) {
    if (random.chance(60)) {
      const within = constant ? literal(Kind.INT, '1') : variableFor({ name: 'a' }, GraphQLInt);
      return { kind: Kind.OBJECT, fields: [{ kind: Kind.OBJECT_FIELD, name: name('a'), value: within }] };
    }
    const literals = [
      literal(Kind.STRING, '2026-04-01'),
      literal(Kind.STRING, '012262'),
      literal(Kind.INT, '2026'),
      literal(Kind.FLOAT, '0.5'),
      literal(Kind.BOOLEAN, true),
      literal(Kind.ENUM, 'SOMETHING'),
      { kind: Kind.LIST, values: [literal(Kind.INT, '1'), { kind: Kind.NULL }] },
    ];
    return random.chance(600) ? literals[random.below(3)] : random.pick(literals);
  }

  /** A variable, made or used again, that may stand where `type` is wanted. */
  function variableFor(place, type) {
    const fitting = [...variables.values()].filter((definition) => definition.for === String(type));
    if (fitting.length > 0 && random.chance(400)) {
      return random.pick(fitting).variable;
    }
    const made = variable(`${place.name}${variables.size}`);
    const nullable = getNullableType(type);
    // One that may be null may stand where null may not, if there is something else to take instead.
    const lenient = isNonNullType(type) && random.chance(200);
    const strict = !isNonNullType(type) && random.chance(200);
    variables.set(made.name.value, {
      kind: Kind.VARIABLE_DEFINITION,
      variable: made,
      type: parseType(lenient ? String(nullable) : strict ? `${nullable}!` : String(type), { noLocation: true }),
      defaultValue: lenient || random.chance(250) ? value(place, lenient ? nullable : type, 2, true) : undefined,
      directives: directives('VARIABLE_DEFINITION', true),
      for: String(type),
    });
    return made;
  }

  function usedVariables(root) {
    const used = new Set();
    const seen = new Set();
    const collect = (node) =>
      visit(node, {
        [Kind.VARIABLE]: ({ name: { value } }) => void used.add(value),
        [Kind.FRAGMENT_SPREAD]({ name: { value } }) {
          const fragment = fragments.find((fragment) => fragment.name.value === value);
          if (!seen.has(fragment)) {
            seen.add(fragment);
            collect(fragment);
          }
        },
      });
    collect(root);
    return used;
  }
}

export function namedType(type) {
  return { kind: Kind.NAMED_TYPE, name: name(type.name) };
}

/** A value in JSON for a variable of a type. */
export function jsonValue(type, random, depth = 0) {
  if (!isNonNullType(type) && random.chance(100)) {
    return null;
  }
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    return [jsonValue(nullable.ofType, random, depth)];
  }
  if (isEnumType(nullable)) {
    return random.pick(nullable.getValues()).name;
  }
  if (isInputObjectType(nullable)) {
    const all = Object.values(nullable.getFields());
    const given = nullable.isOneOf
      ? [random.pick(all)]
      : all.filter((of) => isRequiredInputField(of) || (depth < MAX_INPUT_DEPTH && random.chance(300)));
    return Object.fromEntries(given.map((of) => [of.name, jsonValue(of.type, random, depth + 1)]));
  }
  return SCALARS[nullable.name] ?? '2026-04-01';
}
