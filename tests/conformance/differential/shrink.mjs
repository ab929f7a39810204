// Documents with a little less in them.
import { Kind, parse, print, visit } from 'graphql';
import { lists } from './mutate.mjs';

/** What a document can become by leaving one thing out, the larger things first. */
export function smaller(text) {
  let document;
  try {
    document = parse(text, { noLocation: true });
  } catch {
    return withoutText(text);
  }
  return [...withoutNamed(document), ...withoutPart(document), ...withoutText(text)];
}

/** Without a fragment or a variable, and without all that uses it. */
function* withoutNamed(document) {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  for (const { value } of fragments.map(({ name }) => name)) {
    const leaveOut = ({ name }) => (name.value === value ? null : undefined);
    yield print(visit(document, { [Kind.FRAGMENT_DEFINITION]: leaveOut, [Kind.FRAGMENT_SPREAD]: leaveOut }));
  }
  const definitions = document.definitions.flatMap(({ variableDefinitions = [] }) => variableDefinitions);
  for (const { value } of definitions.map(({ variable }) => variable.name)) {
    const isIt = (node) => node.kind === Kind.VARIABLE && node.name.value === value;
    const leaveOut = (node) => (isIt(node.variable ?? node.value) ? null : undefined);
    yield print(
      visit(document, {
        [Kind.VARIABLE_DEFINITION]: leaveOut,
        [Kind.ARGUMENT]: leaveOut,
        [Kind.OBJECT_FIELD]: leaveOut,
      }),
    );
  }
}

/** Without one element of any of its lists. */
function* withoutPart(document) {
  for (const list of lists(document)) {
    for (let index = 0; index < list.length; index++) {
      const [removed] = list.splice(index, 1);
      yield print(document);
      list.splice(index, 0, removed);
    }
  }
}

/** Without one pair of brackets and what is in it, one line, or one word. */
function withoutText(text) {
  const spans = [];
  const open = [];
  for (const { 0: bracket, index } of text.matchAll(/[{}()[\]]/g)) {
    if ('{(['.includes(bracket)) {
      open.push(index);
    } else if (open.length > 0) {
      spans.push([open.pop(), index + 1]);
    }
  }
  spans.sort(([a], [b]) => a - b);
  for (const pattern of [/.+/g, /\w+|[^\w\s]/gu]) {
    spans.push(...Array.from(text.matchAll(pattern), ({ 0: found, index }) => [index, index + found.length]));
  }
  return spans.map(([start, end]) => text.slice(0, start) + text.slice(end));
}
