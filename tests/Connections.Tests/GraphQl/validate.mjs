// Parses and validates operations with the reference implementation. Argument: a schema (SDL or introspection JSON), or none.
// Input: NDJSON lines {"name", "operation", "schema"}, the schema (SDL) only where it is another one; output: NDJSON lines
// {"name", "errors", "operation"} for those that are not valid, then {"checked"}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { buildClientSchema, buildSchema, parse, validate } from "graphql";

// GitHub's own schema defines two fields twice; what is checked here are the operations.
const written = (text) => buildSchema(text, { assumeValidSDL: true });
const read = (text) => {
  const json = text.trimStart().startsWith("{") ? JSON.parse(text) : null;
  return json ? buildClientSchema(json.data ?? json) : written(text);
};
const common = process.argv[2] ? read(readFileSync(process.argv[2], "utf8")) : null;
let checked = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { name, operation, schema } = JSON.parse(line);
  let errors;
  try {
    errors = validate(schema ? written(schema) : common, parse(operation)).map((error) => error.message);
  } catch (error) {
    errors = [String(error)];
  }
  checked++;
  if (errors.length > 0) {
    console.log(JSON.stringify({ name, errors, operation, schema }));
  }
}
console.log(JSON.stringify({ checked }));
