const at = (id) => document.getElementById(id);

at('query').value = `query Strategy($code: MunicipalityCode!) {
  strategy(municipality: $code) {
    title
    counts { programs kpis }
    roots { number title counts { programs kpis } }
  }
}`;
at('variables').value = '{ "code": "012262" }';

async function ask(query, variables) {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
}

async function run() {
  try {
    const answer = await ask(at('query').value, JSON.parse(at('variables').value || '{}'));
    at('answer').textContent = JSON.stringify(answer, null, 2);
  } catch (error) {
    at('answer').textContent = String(error);
  }
}

const typeName = (type) =>
  type.kind === 'NON_NULL' ? `${typeName(type.ofType)}!` : type.kind === 'LIST' ? `[${typeName(type.ofType)}]` : type.name;

function show(type) {
  at('docs').replaceChildren();
  const line = (name, text) => {
    at('docs').append(Object.assign(document.createElement('dt'), { textContent: name }));
    at('docs').append(Object.assign(document.createElement('dd'), { textContent: text ?? '' }));
  };
  line(type.name, type.description);
  for (const field of type.fields ?? []) line(`${field.name}: ${typeName(field.type)}`, field.description);
  for (const field of type.inputFields ?? []) line(`${field.name}: ${typeName(field.type)}`, field.description);
  for (const value of type.enumValues ?? []) line(value.name, value.description);
}

const nested = 'kind name ofType { kind name ofType { kind name ofType { kind name } } }';
ask(`{ __schema { types { name description
  fields { name description type { ${nested} } }
  inputFields { name description type { ${nested} } }
  enumValues { name description } } } }`).then(({ data }) => {
  const types = data.__schema.types.filter((type) => !type.name.startsWith('__'));
  for (const type of types) at('types').append(new Option(type.name));
  at('types').onchange = () => show(types[at('types').selectedIndex]);
  at('types').value = 'Query';
  at('types').onchange();
});

at('run').onclick = run;
addEventListener('keydown', (event) => {
  if (event.ctrlKey && event.key === 'Enter') run();
});
