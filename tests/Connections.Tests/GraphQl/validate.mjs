// Parses and validates operations with the reference implementation. Arguments: the schema (SDL or introspection JSON).
// Input: NDJSON lines {"name", "operation"}; output: NDJSON lines {"name", "errors"} for those that are not valid, then {"checked"}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { buildClientSchema, buildSchema, parse, validate } from "graphql";

const text = readFileSync(process.argv[2], "utf8");
const json = text.trimStart().startsWith("{") ? JSON.parse(text) : null;
// GitHub's own schema defines two fields twice; what is checked here are the operations.
const schema = json ? buildClientSchema(json.data ?? json) : buildSchema(text, { assumeValidSDL: true });
let checked = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const { name, operation } = JSON.parse(line);
  let errors;
  try {
    errors = validate(schema, parse(operation)).map((error) => error.message);
  } catch (error) {
    errors = [String(error)];
  }
  checked++;
  if (errors.length > 0) {
    console.log(JSON.stringify({ name, errors, operation }));
  }
}
console.log(JSON.stringify({ checked }));
