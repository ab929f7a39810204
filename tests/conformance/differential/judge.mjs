// What graphql-js says of a document.
import {
  GraphQLError,
  __Directive,
  __Schema,
  __Type,
  parse,
  recommendedRules,
  specifiedRules,
  validate,
  visit,
} from 'graphql';

// What a service may lack of the September 2025 edition of the specification. It then has to refuse it as a mistake.
const OPTIONAL = ['descriptions', 'isOneOf'];
const lacking = process.env.LACKING?.split(',') ?? [];
if (!lacking.every((feature) => OPTIONAL.includes(feature))) {
  throw new Error(`LACKING can have ${OPTIONAL.join(',')}, and is ${lacking}`);
}

// Introspection of deprecated directives is in graphql-js only, and in no edition.
delete __Directive.getFields().isDeprecated;
delete __Directive.getFields().deprecationReason;
__Schema.getFields().directives.args = [];
if (lacking.includes('isOneOf')) {
  delete __Type.getFields().isOneOf;
}

/**
 * That the schema has the root type of an operation, which the specification asks of a valid document, and graphql-js
 * only when it executes one.
 */
function OperationTypeRule(context) {
  return {
    OperationDefinition(node) {
      if (!context.getSchema().getRootType(node.operation)) {
        context.reportError(new GraphQLError(`Schema has no ${node.operation} type.`, { nodes: node }));
      }
    },
  };
}

// Its recommended rules are limits of its own, and not of the specification.
export const rules = [...specifiedRules.filter((rule) => !recommendedRules.includes(rule)), OperationTypeRule];

/** That an operation, a fragment or a variable has no description, which they could not have before. */
function refuseDescription({ kind, description }) {
  if (description && ['OperationDefinition', 'FragmentDefinition', 'VariableDefinition'].includes(kind)) {
    throw new GraphQLError(`Unexpected description of ${kind}.`);
  }
}

/**
 * The verdict, which is `parse`, `invalid` or `valid`, with its reasons. For a document that is not valid, `broken` has
 * the names of the rules that it breaks.
 */
export function judge(schema, text) {
  let document;
  try {
    document = parse(text);
    if (lacking.includes('descriptions')) {
      visit(document, { enter: refuseDescription });
    }
  } catch (error) {
    return { verdict: 'parse', broken: [], messages: [error.message] };
  }
  const broken = new Set();
  const noting = (rule) => (context) =>
    rule(
      Object.create(context, {
        reportError: {
          value(error) {
            broken.add(rule.name);
            context.reportError(error);
          },
        },
      }),
    );
  const errors = validate(schema, document, rules.map(noting));
  return {
    verdict: errors.length === 0 ? 'valid' : 'invalid',
    broken: [...broken],
    messages: errors.map(({ message }) => message),
    document,
  };
}
