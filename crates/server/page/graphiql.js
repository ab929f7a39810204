const defaultQuery = `# しるべ: 市町村の総合戦略とその実績
# Run it with the button, or Ctrl-Enter. Docs are behind the book on the left.

query Strategy($code: MunicipalityCode!) {
  strategy(municipality: $code) {
    title
    counts { programs kpis }
    roots {
      number
      title
      counts { programs kpis }
      indicators {
        label
        baseline { printed }
        target { printed }
        figures { yearLabel target { printed } actual { printed status } }
      }
    }
  }
}
`;

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultEditorToolsVisibility: 'variables',
    defaultQuery,
    defaultTabs: [{ query: defaultQuery, variables: '{ "code": "012262" }' }],
  }),
);
