// What graphql-js says of a document.
import { GraphQLError, __Directive, __Schema, parse, recommendedRules, specifiedRules, validate } from 'graphql';

// Introspection of deprecated directives is in graphql-js only, and in no edition.
delete __Directive.getFields().isDeprecated;
delete __Directive.getFields().deprecationReason;
__Schema.getFields().directives.args = [];

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

/**
 * The verdict, which is `parse`, `invalid` or `valid`, with its reasons. For a document that is not valid, `broken` has
 * the names of the rules that it breaks.
 */
export function judge(schema, text) {
  let document;
  try {
    document = parse(text);
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
  };
}
