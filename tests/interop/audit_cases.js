// Verifies many cases in one process: a line of JSON each on standard input, a line of JSON each on standard output.
// A case is {export, notes, keys, until}: base64, a list of base64, text, a number or null.

const { createInterface } = require("node:readline");
const { verify } = require("./audit_verifier.js");

createInterface({ input: process.stdin }).on("line", (line) => {
  const { export: exported, notes, keys, until } = JSON.parse(line);
  const named = notes.map((note, number) => ({ name: `${number}.note`, bytes: Buffer.from(note, "base64") }));
  console.log(JSON.stringify(verify(Buffer.from(exported, "base64"), named, keys, until ?? undefined)));
});
