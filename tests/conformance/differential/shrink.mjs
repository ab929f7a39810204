// Documents with a little less in them.
import { Kind, parse, visit } from 'graphql';
import { lists } from './mutate.mjs';

/**
 * What a document can become by leaving one thing out, the larger things first. All are cuts in the text, because what
 * is wrong with a document can be how it is written.
 */
export function smaller(text) {
  let cuts = [];
  try {
    const document = parse(text);
    cuts = [...named(document), ...parts(document)];
  } catch {
    // It has no parts, but it has a text.
  }
  return [...cuts, ...brackets(text), ...matches(text, /.+/g), ...matches(text, /\w+|[^\w\s]/gu)]
    .map((spans) => without(text, spans))
    .concat(matches(text, /(?:[\s,\uFEFF]|#.*)+/g).map((spans) => without(text, spans, ' ')))
    .filter((candidate) => candidate.length < text.length);
}

/** Each fragment with all that spreads it, and each variable with all that uses it. */
function named(document) {
  const found = new Map();
  const add = (name, { loc }) => found.set(name, [...(found.get(name) ?? []), [loc.start, loc.end]]);
  const uses = (node) => {
    const value = node.variable ?? node.value;
    if (value.kind === Kind.VARIABLE) {
      add(`$${value.name.value}`, node);
    }
  };
  visit(document, {
    [Kind.FRAGMENT_DEFINITION]: (node) => add(node.name.value, node),
    [Kind.FRAGMENT_SPREAD]: (node) => add(node.name.value, node),
    [Kind.VARIABLE_DEFINITION]: uses,
    [Kind.ARGUMENT]: uses,
    [Kind.OBJECT_FIELD]: uses,
  });
  return [...found.values()];
}

/** Each element of each list. */
function parts(document) {
  return lists(document).flatMap((list) => list.map(({ loc }) => [[loc.start, loc.end]]));
}

/** Each pair of brackets with what is in it. */
function brackets(text) {
  const pairs = [];
  const open = [];
  for (const { 0: bracket, index } of text.matchAll(/[{}()[\]]/g)) {
    if ('{(['.includes(bracket)) {
      open.push(index);
    } else if (open.length > 0) {
      pairs.push([[open.pop(), index + 1]]);
    }
  }
  return pairs.reverse();
}

function matches(text, pattern) {
  return Array.from(text.matchAll(pattern), ({ 0: found, index }) => [[index, index + found.length]]);
}

/** The text with something else in place of the spans, and without the brackets that have nothing left in them. */
function without(text, spans, replacement = '') {
  let result = text;
  for (const [start, end] of [...spans].sort(([a], [b]) => b - a)) {
    result = result.slice(0, start) + replacement + result.slice(end);
  }
  return result.replace(/\(\s*\)/g, '');
}
