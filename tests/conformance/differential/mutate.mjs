// Mistakes: what a person, a tool or an attacker gets wrong in a document, of its meaning and of its text.
import { Kind, Lexer, Source, TokenKind, isInputType, isOutputType, parseType, visit } from 'graphql';
import { field, name, namedType, variable } from './generate.mjs';

const LISTS = ['definitions', 'selections', 'arguments', 'directives', 'variableDefinitions', 'fields', 'values'];

/** Every list in a document that has something in it, of nodes of any kind or of one. */
export function lists(document, keys = LISTS) {
  return nodes(document).flatMap((node) => keys.map((key) => node[key]).filter((list) => list?.length > 0));
}

function nodes(document, ...kinds) {
  const found = [];
  visit(document, {
    enter(node) {
      if (kinds.length === 0 || kinds.includes(node.kind)) {
        found.push(node);
      }
    },
  });
  return found;
}

function valuePlaces(document) {
  return [
    ...nodes(document, Kind.ARGUMENT, Kind.OBJECT_FIELD).map((node) => [node, 'value']),
    ...nodes(document, Kind.VARIABLE_DEFINITION).map((node) => [node, 'defaultValue']),
    ...nodes(document, Kind.LIST).flatMap(({ values }) => values.map((_, index) => [values, index])),
  ];
}

function wrong(random, schema) {
  const int = (value) => ({ kind: Kind.INT, value });
  return random.pick([
    { kind: Kind.NULL },
    { kind: Kind.NULL },
    { kind: Kind.STRING, value: 'text' },
    { kind: Kind.STRING, value: 'block\ntext', block: true },
    { kind: Kind.BOOLEAN, value: true },
    { kind: Kind.FLOAT, value: '1.5' },
    { kind: Kind.ENUM, value: 'NO_SUCH_VALUE' },
    { kind: Kind.ENUM, value: anyEnumValue(random, schema) },
    int('1'),
    int('2147483648'),
    int('-2147483649'),
    int('99999999999999999999'),
    { kind: Kind.LIST, values: [] },
    { kind: Kind.LIST, values: [int('1'), { kind: Kind.NULL }] },
    { kind: Kind.LIST, values: [{ kind: Kind.LIST, values: [{ kind: Kind.STRING, value: 'x' }] }] },
    { kind: Kind.OBJECT, fields: [] },
    object('noSuchField', int('1')),
    object('a', variable('nowhere')),
    variable('nowhere'),
  ]);
}

function object(fieldName, value) {
  return { kind: Kind.OBJECT, fields: [{ kind: Kind.OBJECT_FIELD, name: name(fieldName), value }] };
}

function anyEnumValue(random, schema) {
  const enums = Object.values(schema.getTypeMap()).filter((type) => type.getValues);
  return random.pick(random.pick(enums).getValues()).name;
}

function anyTypeName(random, schema) {
  return random.chance(150) ? 'NoSuchType' : random.pick(Object.keys(schema.getTypeMap()));
}

function anyDirective(random, schema) {
  const condition = { kind: Kind.ARGUMENT, name: name('if'), value: { kind: Kind.BOOLEAN, value: true } };
  const directive = random.pick([...schema.getDirectives().map(({ name }) => name), 'skip', 'include', 'noSuchThing']);
  return {
    kind: Kind.DIRECTIVE,
    name: name(directive),
    arguments: random.chance(['skip', 'include'].includes(directive) ? 800 : 200) ? [condition] : [],
  };
}

function anyFieldName(random, schema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => type.getFields);
  return random.pick(Object.keys(random.pick(types).getFields()));
}

/**
 * Mistakes of meaning. Each changes the document in place, and nothing if it has no place for the mistake.
 * They are called with what they choose from: (document, random, schema).
 */
export const ofMeaning = {
  rename(document, random, schema) {
    const named = random.pick(nodes(document, Kind.NAME));
    named.value = random.pick([`${named.value}x`, anyFieldName(random, schema), anyTypeName(random, schema)]);
  },
  renameOne(document, random) {
    const kind = random.pick([
      Kind.FIELD,
      Kind.ARGUMENT,
      Kind.OBJECT_FIELD,
      Kind.DIRECTIVE,
      Kind.FRAGMENT_SPREAD,
      Kind.FRAGMENT_DEFINITION,
      Kind.VARIABLE,
      Kind.NAMED_TYPE,
    ]);
    const named = random.pick(nodes(document, kind));
    if (named) {
      // A spread and its fragment share the name; this changes it in one of both.
      named.name = name(`${named.name.value}x`);
    }
  },
  drop(document, random) {
    const list = random.pick(lists(document));
    list.splice(random.below(list.length), 1);
  },
  dropArgument: (document, random) => dropFrom(document, random, ['arguments', 'fields']),
  dropVariable: (document, random) => dropFrom(document, random, ['variableDefinitions']),
  dropDefinition: (document, random) => dropFrom(document, random, ['definitions']),
  duplicate: (document, random) => duplicateIn(document, random, LISTS),
  duplicateArgument: (document, random) => duplicateIn(document, random, ['arguments']),
  duplicateInputField: (document, random) => duplicateIn(document, random, ['fields']),
  duplicateDirective: (document, random) => duplicateIn(document, random, ['directives']),
  duplicateVariable: (document, random) => duplicateIn(document, random, ['variableDefinitions']),
  duplicateDefinition: (document, random) => duplicateIn(document, random, ['definitions']),
  move(document, random) {
    const sets = lists(document, ['selections']);
    random.pick(sets).push(structuredClone(random.pick(random.pick(sets))));
  },
  changeValue(document, random, schema) {
    const place = random.pick(valuePlaces(document));
    if (place) {
      place[0][place[1]] = wrong(random, schema);
    }
  },
  changeDefault(document, random, schema) {
    const definition = random.pick(nodes(document, Kind.VARIABLE_DEFINITION));
    if (definition) {
      definition.defaultValue = random.pick([undefined, { kind: Kind.NULL }, wrong(random, schema)]);
    }
  },
  wrapValue(document, random) {
    const place = random.pick(valuePlaces(document).filter(([owner, key]) => owner[key]));
    if (place) {
      const inner = place[0][place[1]];
      place[0][place[1]] =
        inner.kind === Kind.LIST && inner.values.length > 0 && random.chance(500)
          ? inner.values[0]
          : { kind: Kind.LIST, values: [inner] };
    }
  },
  reorderFields(document, random) {
    random.pick(nodes(document, Kind.OBJECT))?.fields.reverse();
  },
  swapVariable(document, random) {
    const used = random.pick(nodes(document, Kind.VARIABLE));
    const other = random.pick(nodes(document, Kind.VARIABLE));
    if (used) {
      used.name = structuredClone(other.name);
    }
  },
  useVariable(document, random) {
    const defined = random.pick(nodes(document, Kind.VARIABLE_DEFINITION));
    const place = random.pick(valuePlaces(document));
    if (defined) {
      place[0][place[1]] = structuredClone(defined.variable);
    }
  },
  changeType(document, random) {
    const definition = random.pick(nodes(document, Kind.VARIABLE_DEFINITION));
    if (definition) {
      definition.type = otherNullability(definition.type, random);
    }
  },
  replaceType(document, random, schema) {
    const definition = random.pick(nodes(document, Kind.VARIABLE_DEFINITION));
    if (definition) {
      definition.type = parseType(anyTypeName(random, schema), { noLocation: true });
    }
  },
  changeCondition(document, random, schema) {
    const fragment = random.pick(nodes(document, Kind.INLINE_FRAGMENT, Kind.FRAGMENT_DEFINITION));
    if (fragment) {
      fragment.typeCondition = { kind: Kind.NAMED_TYPE, name: name(anyTypeName(random, schema)) };
    }
  },
  cycle(document, random) {
    const fragments = nodes(document, Kind.FRAGMENT_DEFINITION);
    if (fragments.length > 0) {
      const sets = lists({ ...document, definitions: fragments }, ['selections']);
      random.pick(sets).push(spread(random.pick(fragments).name.value));
    }
  },
  unusedFragment(document, random, schema) {
    document.definitions.push({
      kind: Kind.FRAGMENT_DEFINITION,
      name: name(random.pick(['Part0', 'Unused'])),
      typeCondition: { kind: Kind.NAMED_TYPE, name: name(anyTypeName(random, schema)) },
      selectionSet: { kind: Kind.SELECTION_SET, selections: [field('__typename')] },
    });
  },
  unknownFragment(document, random) {
    random.pick(lists(document, ['selections']))?.push(spread(random.pick(['Unknown', 'Part0'])));
  },
  unusedVariable(document, random, schema) {
    random.pick(nodes(document, Kind.OPERATION_DEFINITION))?.variableDefinitions.push({
      kind: Kind.VARIABLE_DEFINITION,
      variable: variable('unused'),
      type: parseType(random.pick(['Int', '[String!]!', anyTypeName(random, schema)]), { noLocation: true }),
    });
  },
  outputVariable(document, random, schema) {
    // Within a custom scalar there is no type that a variable has to fit, so nothing else is wrong with it.
    const place = random.pick(valuePlaces(document));
    const outputs = Object.values(schema.getTypeMap()).filter((type) => isOutputType(type) && !isInputType(type));
    if (place) {
      place[0][place[1]] = object('a', variable('output'));
      random.pick(nodes(document, Kind.OPERATION_DEFINITION))?.variableDefinitions.push({
        kind: Kind.VARIABLE_DEFINITION,
        variable: variable('output'),
        type: namedType(random.pick(outputs)),
      });
    }
  },
  sameAlias(document, random) {
    const set = random.pick(lists(document, ['selections']).filter((list) => list.length > 1));
    renameAll(set?.filter(({ kind }) => kind === Kind.FIELD) ?? [], random, 700);
  },
  sameAliasElsewhere: (document, random) => renameAll(nodes(document, Kind.FIELD), random, 250),
  otherArguments(document, random, schema) {
    // The same field once more, asked in another way.
    const set = random.pick(lists(document, ['selections']));
    const asked = random.pick(set?.filter(({ arguments: given }) => given?.length > 0) ?? []);
    if (asked) {
      const again = structuredClone(asked);
      random.pick(again.arguments).value = wrong(random, schema);
      set.push(random.chance(500) ? again : within(again));
    }
  },
  addField(document, random, schema) {
    random.pick(lists(document, ['selections']))?.push(field(anyFieldName(random, schema)));
  },
  withoutSelections(document, random) {
    const composite = random.pick(nodes(document, Kind.FIELD).filter(({ selectionSet }) => selectionSet));
    if (composite) {
      composite.selectionSet = undefined;
    }
  },
  selectionsOfLeaf(document, random) {
    const leaf = random.pick(nodes(document, Kind.FIELD).filter(({ selectionSet }) => !selectionSet));
    if (leaf) {
      leaf.selectionSet = { kind: Kind.SELECTION_SET, selections: [field('__typename')] };
    }
  },
  addDirective(document, random, schema) {
    const directive = anyDirective(random, schema);
    const node = random.pick(nodes(document).filter(({ directives }) => directives));
    node?.directives.push(directive, ...(random.chance(300) ? [structuredClone(directive)] : []));
  },
  addArgument(document, random, schema) {
    const node = random.pick(nodes(document, Kind.FIELD, Kind.DIRECTIVE));
    node?.arguments.push({ kind: Kind.ARGUMENT, name: name('extra'), value: wrong(random, schema) });
  },
  changeRoot(document, random) {
    const operation = random.pick(nodes(document, Kind.OPERATION_DEFINITION));
    if (operation) {
      operation.operation = random.pick(['query', 'mutation', 'subscription']);
    }
  },
  changeOperationName(document, random) {
    const operation = random.pick(nodes(document, Kind.OPERATION_DEFINITION));
    if (operation) {
      operation.name = random.pick([undefined, name('Op0'), name('Other')]);
    }
  },
  addTypeDefinition(document, random) {
    document.definitions.splice(random.below(document.definitions.length + 1), 0, {
      kind: Kind.SCALAR_TYPE_DEFINITION,
      name: name('Other'),
    });
  },
};

function dropFrom(document, random, keys) {
  const list = random.pick(lists(document, keys));
  list?.splice(random.below(list.length), 1);
}

function duplicateIn(document, random, keys) {
  const list = random.pick(lists(document, keys));
  list?.push(structuredClone(random.pick(list)));
}

/** Gives many fields one alias. */
function renameAll(fields, random, perMille) {
  for (const selection of fields) {
    // graphql-js forgets that __typename has a type, and that it can be another one than that of its namesakes.
    if (selection.name.value !== '__typename' && random.chance(perMille)) {
      selection.alias = name('same');
    }
  }
}

function spread(fragment) {
  return { kind: Kind.FRAGMENT_SPREAD, name: name(fragment), directives: [] };
}

function within(selection) {
  return { kind: Kind.INLINE_FRAGMENT, selectionSet: { kind: Kind.SELECTION_SET, selections: [selection] } };
}

function otherNullability(type, random) {
  if (type.kind === Kind.NON_NULL_TYPE) {
    return random.chance(600) ? type.type : { ...type, type: otherNullability(type.type, random) };
  }
  const choice = random.below(4);
  if (choice === 0) {
    return { kind: Kind.NON_NULL_TYPE, type };
  }
  if (type.kind === Kind.LIST_TYPE) {
    return choice === 1 ? type.type : { ...type, type: otherNullability(type.type, random) };
  }
  return { kind: Kind.LIST_TYPE, type };
}

const FRAGMENTS_OF_TEXT = [
  ...'{}()[]:=!$@|&"#.,',
  '...',
  '""',
  '"""',
  '"a"',
  '"""a"""',
  'on',
  'query',
  'fragment',
  'subscription',
  'extend type Query { a: Int }',
  'schema { query: Query }',
  'null',
  'true',
  'name',
  '$v',
  '@skip(if: true)',
  '{ a }',
  '{a:1}',
  '(a: 1)',
  '(a)',
  '()',
  '{}',
  '[]',
  '-1',
];

const BAD_NUMBERS = [
  '01',
  '-',
  '-01',
  '1.',
  '.5',
  '1.e3',
  '1e',
  '1e+',
  '0x1F',
  '1_000',
  '+1',
  '1a',
  '1.5.',
  '00',
  '1ee2',
];

const STRING_LITERALS = [
  // Good ones.
  '"\\u65E5\\u672c"',
  '"\\u{1F5FB}"',
  '"\\uD83D\\uDDFB"',
  '"\\b\\f\\n\\r\\t\\/\\\\\\""',
  '"""a \\""" b \\u{zz} """',
  '"""\r\n  a\r\n\r\n    b\r\n"""',
  '"\u2028"',
  '"#{}"',
  // Bad ones.
  '"\\x"',
  '"\\u12"',
  '"\\u{}"',
  '"\\u{110000}"',
  '"\\uD83D"',
  '"\\uDDFB\\uD83D"',
  '"\na"',
  '"a\nb"',
  '"a\rb"',
  '"a',
  '"""a',
  '"""a""',
  '"a\\"',
  '""""',
  "'a'",
];

const CHARACTERS = [
  '\u0000',
  '\u0007',
  '\u007F',
  '\u00A0',
  'é',
  '市',
  '｛',
  '\u2028',
  '\uFEFF',
  '🗻',
  ';',
  '%',
  '~',
  '`',
  '\\',
  '?',
];

const IGNORED = [' ', '\n', '\r\n', '\r', '\t', ',', ' , ,', '\uFEFF', '# comment, "市" {\n', '#\r', '  \n\n  '];

/** The tokens of a text up to the first place where there is none. */
function tokens(text) {
  const found = [];
  try {
    const lexer = new Lexer(new Source(text));
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      found.push(token);
    }
  } catch {
    // The rest is the mistake that was made before.
  }
  return found;
}

function replaceToken(text, random, wanted, replacement) {
  const token = random.pick(tokens(text).filter(wanted));
  return token ? text.slice(0, token.start) + replacement(token) + text.slice(token.end) : text;
}

const anyToken = () => true;
const slice = (text) => (token) => text.slice(token.start, token.end);

/** Mistakes of the text, and ways to write that only look like ones: (text, random) gives the new text. */
export const ofText = {
  deleteToken: (text, random) => replaceToken(text, random, anyToken, () => ' '),
  insertToken: (text, random) =>
    replaceToken(text, random, anyToken, (token) => `${slice(text)(token)} ${random.pick(FRAGMENTS_OF_TEXT)} `),
  replaceToken: (text, random) => replaceToken(text, random, anyToken, () => ` ${random.pick(FRAGMENTS_OF_TEXT)} `),
  repeatToken: (text, random) =>
    replaceToken(text, random, anyToken, (token) => `${slice(text)(token)} ${slice(text)(token)}`),
  startWith: (text, random) => `${random.pick(FRAGMENTS_OF_TEXT)} ${text}`,
  endWith: (text, random) => `${text} ${random.pick(FRAGMENTS_OF_TEXT)}`,
  unbalance: (text, random) =>
    replaceToken(
      text,
      random,
      (token) => /[{}()[\]]/.test(token.kind),
      () => random.pick(['', '{', '}', ')', ']']),
    ),
  withoutValue(text, random) {
    const simple = ['Name', 'Int', 'Float', 'String'];
    const colon = random.pick(tokens(text).filter(({ kind, next }) => kind === ':' && simple.includes(next?.kind)));
    return colon ? text.slice(0, colon.start) + text.slice(colon.next.end) : text;
  },
  number: (text, random) =>
    replaceToken(
      text,
      random,
      ({ kind }) => [TokenKind.INT, TokenKind.FLOAT].includes(kind),
      () => random.pick(BAD_NUMBERS),
    ),
  string: (text, random) =>
    replaceToken(
      text,
      random,
      ({ kind }) => /String|Int/.test(kind),
      () => random.pick(STRING_LITERALS),
    ),
  character(text, random) {
    const characters = Array.from(text);
    characters.splice(random.below(characters.length + 1), 0, random.pick(CHARACTERS));
    return characters.join('');
  },
  truncate(text, random) {
    const characters = Array.from(text);
    return characters.slice(0, random.below(characters.length)).join('');
  },
  nothing: (text, random) =>
    random.pick(['', ' ', '#', '{', '{}', 'query', 'query Q', '\uFEFF{ __typename }', '{ __typename }\u0000']),
};

/** The same document with other spaces, commas, comments and byte order marks, and with its strings in other words. */
export function layOut(text, random) {
  let result = '';
  for (const token of tokens(text).filter(({ kind }) => kind !== TokenKind.COMMENT)) {
    const written =
      token.kind === TokenKind.STRING && random.chance(500)
        ? escaped(token.value, random.chance(500))
        : text.slice(token.start, token.end);
    const tight = /\W$/.test(result) || /^\W/.test(written);
    result += tight && random.chance(400) ? written : random.pick(IGNORED) + written;
  }
  return result + random.pick(['', ...IGNORED]);
}

/** A string with an escape for every character: of a code point, or of the one or two units of its UTF-16. */
function escaped(value, codePoints) {
  const hex = (number) => number.toString(16);
  const escapes = codePoints
    ? Array.from(value, (character) => `\\u{${hex(character.codePointAt(0))}}`)
    : value.split('').map((unit) => `\\u${hex(unit.charCodeAt(0)).padStart(4, '0')}`);
  return `"${escapes.join('')}"`;
}
