// Verifies many cases in one process: a line of JSON each on standard input, a line of JSON each on standard output.
// A case is {export, notes, keys, until}: base64, a list of base64, text, a number or null; or {proof, keys}: texts.

const { createInterface } = require("node:readline");
const { verify, verifyProof, Malformed } = require("./audit_verifier.js");

function proven(proof, keys) {
  try {
    return verifyProof(proof, keys);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return null;
  }
}

createInterface({ input: process.stdin }).on("line", (line) => {
  const { export: exported, notes, keys, until, proof } = JSON.parse(line);
  if (proof !== undefined) {
    console.log(JSON.stringify(proven(proof, keys)));
    return;
  }
  const named = notes.map((note, number) => ({ name: `${number}.note`, bytes: Buffer.from(note, "base64") }));
  console.log(JSON.stringify(verify(Buffer.from(exported, "base64"), named, keys, until ?? undefined)));
});
