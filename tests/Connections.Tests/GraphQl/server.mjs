// A GraphQL server of the JavaScript world for the tests: says its port, ends with its input. What it is asked is written back as the
// results of its fields, so that a test sees what arrived.
import { createServer } from "node:http";
import { createSchema, createYoga } from "graphql-yoga";
import { GraphQLError, GraphQLScalarType, Kind } from "graphql";

const issues = new Map([
  ["1", { __typename: "Issue", id: "1", title: "First", state: "OPEN", labels: ["bug", "ui"], created: new Date(0), author: { name: "Ann" } }],
  ["2", { __typename: "Issue", id: "2", title: "Second", state: "CLOSED", labels: [], created: new Date(86_400_000), author: { name: "Bob" } }],
]);

const typeDefs = /* GraphQL */ `
  "A moment in UTC."
  scalar DateTime @specifiedBy(url: "https://scalars.graphql.org/andimarek/date-time")

  enum State {
    "Waiting for someone."
    OPEN
    CLOSED
    STALE @deprecated(reason: "Use CLOSED.")
  }

  interface Node {
    id: ID!
  }

  type Person {
    name: String!
    issues(first: Int!): [Issue!]!
    root: Query
  }

  type Issue implements Node {
    id: ID!
    title: String!
    state: State!
    labels: [String!]!
    created: DateTime!
    author: Person!
    related: [Issue!]
    old: String @deprecated(reason: "Gone soon.")
    hidden: String
  }

  type Release implements Node {
    id: ID!
    title: String
  }

  union Found = Issue | Release

  input Filter {
    state: State = OPEN
    labels: [String!]
    since: DateTime
    and: [Filter!]
  }

  input IssueInput {
    title: String!
    state: State
    labels: [String!]
    author: PersonInput!
    where: Filter
  }

  input PersonInput {
    name: String!
  }

  type IssuePayload {
    issue: Issue
    query: Query
  }

  type Query {
    "An issue by its id."
    issue(id: ID!): Issue
    issues(filter: Filter, first: Int! = 10): [Issue!]!
    node(id: ID!): Node
    search(text: String!): [Found!]!
    echo(text: String!, flag: Boolean, ratio: Float, matrix: [[Int!]!], at: DateTime, state: State): String!
    columns(select: [String!]!): Issue
    whoAmI: String
    failing: Issue
    viewer: Person
  }

  type Mutation {
    "Makes an issue."
    createIssue(input: IssueInput!): IssuePayload!
    bump: Int!
  }

  type Subscription {
    ticks: Int!
  }
`;

let bumps = 0;
const resolvers = {
  DateTime: new GraphQLScalarType({
    name: "DateTime",
    description: "A moment in UTC.",
    specifiedByURL: "https://scalars.graphql.org/andimarek/date-time",
    serialize: (value) => value.toISOString(),
    parseValue: (value) => {
      const at = new Date(value);
      if (Number.isNaN(at.getTime())) throw new GraphQLError("This is no moment.");
      return at;
    },
    parseLiteral: (node) => (node.kind === Kind.STRING ? new Date(node.value) : null),
  }),
  Node: { __resolveType: (value) => value.__typename },
  Found: { __resolveType: (value) => value.__typename },
  Person: { issues: (_, { first }) => [...issues.values()].slice(0, first), root: () => ({}) },
  Issue: {
    related: () => [...issues.values()],
    hidden: () => {
      throw new GraphQLError("You may not see this.", { extensions: { code: "FORBIDDEN", exception: { stacktrace: ["at /srv/secret.js:1"] } } });
    },
  },
  Query: {
    issue: (_, { id }) => issues.get(id),
    issues: (_, { filter, first }) =>
      [...issues.values()].filter((issue) => !filter || (issue.state === filter.state && (!filter.labels || filter.labels.every((label) => issue.labels.includes(label))))).slice(0, first),
    node: (_, { id }) => issues.get(id),
    search: () => [issues.get("1"), { __typename: "Release", id: "r1", title: null }],
    echo: (_, args) => JSON.stringify(args),
    columns: (_, { select }) => ({ ...issues.get("1"), title: select.join("+") }),
    whoAmI: (_, __, { request }) => request.headers.get("x-key"),
    failing: () => {
      throw new GraphQLError("It is broken: " + "x".repeat(5_000));
    },
    viewer: () => ({ name: "Ann" }),
  },
  Mutation: {
    createIssue: (_, { input }) => ({ issue: { __typename: "Issue", id: "3", state: "OPEN", labels: [], created: new Date(0), ...input } }),
    bump: () => ++bumps,
  },
};

const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false, maskedErrors: false, graphiql: false });
let down = false;
const server = createServer((request, response) => {
  if (request.url === "/down" || request.url === "/up") {
    down = request.url === "/down";
    response.end();
  } else if (down) {
    response.writeHead(503).end("down");
  } else if (request.url === "/closed" && request.headers["x-key"] !== "let-me-in") {
    response.writeHead(401).end("no");
  } else {
    request.url = "/graphql";
    yoga(request, response);
  }
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
