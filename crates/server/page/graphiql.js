const defaultQuery = `# しるべ: 市町村の総合戦略とその実績
# Ctrl-Enter runs it; the docs are behind the book.

query Strategy {
  strategy(municipality: "012262") {
    title
    counts { programs kpis }
    roots {
      number
      title
      indicators {
        label
        baseline { printed }
        target { printed }
        figures(years: ["R3"]) {
          target { printed }
          actual { printed status }
        }
      }
    }
  }
}
`;

ReactDOM.createRoot(document.getElementById('graphiql')).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql' }),
    defaultQuery,
  }),
);
