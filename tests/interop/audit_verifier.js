// Verifies an export of the audit, written from docs/audit-format.md alone.
// node audit_verifier.js EXPORT DIRECTORY_OF_CHECKPOINTS KEYS [UNTIL]
// Output: JSON {sound, records, removed, checkpoints, findings}. Exit status: 0 sound, 1 not.

const { createHash, createPublicKey, verify: verifySignature } = require("node:crypto");
const { readFileSync, readdirSync } = require("node:fs");
const { join } = require("node:path");

const TEXTS = 22;
const MOST_FINDINGS = 1000;
const DAY = 86_400_000_000;
const ED25519_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

class Malformed extends Error {}

function need(condition, text) {
  if (!condition) throw new Malformed(text);
}

// ---- Hashes and the tree

function sha256(...parts) {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest();
}

const leafHash = (data) => sha256(Buffer.of(0), data);
const nodeHash = (left, right) => sha256(Buffer.of(1), left, right);

// A tree that grows at its end: the perfect subtrees on its right edge, as pairs of size and hash.
class Tree {
  constructor() {
    this.size = 0;
    this.parts = [];
  }

  append(hash, leaves = 1) {
    need(this.size % leaves === 0, "a subtree does not begin there");
    this.size += leaves;
    let part = { leaves, hash };
    while (this.parts.length && this.parts.at(-1).leaves === part.leaves) {
      part = { leaves: 2 * part.leaves, hash: nodeHash(this.parts.pop().hash, part.hash) };
    }
    this.parts.push(part);
  }

  root() {
    if (!this.parts.length) return sha256();
    return this.parts.map((part) => part.hash).reduceRight((right, left) => nodeHash(left, right));
  }
}

// RFC 9162, section 2.1.4.2.
function consistent(first, second, firstRoot, secondRoot, proof) {
  if (first > second) return false;
  if (first === 0) return proof.length === 0 && firstRoot.equals(sha256());
  if (first === second) return proof.length === 0 && firstRoot.equals(secondRoot);
  const path = [...proof];
  let isPower = first;
  while (isPower % 2 === 0) isPower /= 2;
  if (isPower === 1) path.unshift(firstRoot);
  if (path.length === 0) return false;
  let fn = first - 1;
  let sn = second - 1;
  while (fn % 2 === 1) {
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  let [fr] = path;
  let sr = fr;
  for (const hash of path.slice(1)) {
    if (sn === 0) return false;
    if (fn % 2 === 1 || fn === sn) {
      fr = nodeHash(hash, fr);
      sr = nodeHash(hash, sr);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      sr = nodeHash(sr, hash);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  return sn === 0 && fr.equals(firstRoot) && sr.equals(secondRoot);
}

// ---- Texts in their only form

function utf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed("not UTF-8");
  }
}

function base64(text) {
  const bytes = Buffer.from(text, "base64");
  need(bytes.toString("base64") === text, "not base64 in its only form");
  return bytes;
}

function base64Hash(text) {
  const bytes = base64(text);
  need(bytes.length === 32, "not a hash");
  return bytes;
}

function hex(text, length) {
  need(typeof text === "string" && /^([0-9a-f]{2})*$/.test(text), "not hexadecimal");
  const bytes = Buffer.from(text, "hex");
  need(length === undefined || bytes.length === length, "not a hash");
  return bytes;
}

function decimal(text) {
  need(/^(0|[1-9][0-9]{0,15})$/.test(text), "not a number");
  const number = Number(text);
  need(Number.isSafeInteger(number), "too large a number");
  return number;
}

// ---- Checkpoints

function parseKeys(text) {
  const { format, keys } = JSON.parse(text);
  need(format === "raas-keys/1", "the keys are of another format");
  return keys.map(({ key, valid_from: from, valid_until: until, compromised }) => {
    const [, name, id, encoded] = /^([^+]+)\+([0-9a-f]{8})\+(.*)$/.exec(key);
    const bytes = base64(encoded);
    need(bytes.length === 33 && bytes[0] === 1, "not an Ed25519 key");
    const found = sha256(`${name}\n`, bytes).subarray(0, 4).toString("hex");
    need(found === id, "the id of a key is wrong");
    const der = Buffer.concat([ED25519_PREFIX, bytes.subarray(1)]);
    const publicKey = createPublicKey({ key: der, format: "der", type: "spki" });
    return { name, id, publicKey, from, until: until ?? Infinity, compromised };
  });
}

function parseNote(bytes) {
  const whole = utf8(bytes);
  need(bytes.length <= 65536, "too large a note");
  const at = whole.lastIndexOf("\n\n");
  need(at >= 0 && whole.endsWith("\n"), "not a signed note");
  const signatures = whole
    .slice(at + 2, -1)
    .split("\n")
    .map((line) => {
      const found = /^\u2014 ([^\s+]+) ([^ ]+)$/u.exec(line);
      need(found, "not a signature line");
      const data = base64(found[2]);
      need(data.length > 4, "not a signature");
      return { name: found[1], id: data.subarray(0, 4).toString("hex"), signature: data.subarray(4) };
    });
  need(signatures.length <= 16, "too many signatures");
  return { text: whole.slice(0, at + 1), signatures };
}

function parseCheckpoint(text) {
  const lines = text.split("\n");
  need(lines.length === 9 && lines[8] === "" && lines[0], "not the lines of a checkpoint");
  const [number, time, previous, chains, consistency] = [
    "number",
    "time",
    "previous",
    "chains",
    "consistency",
  ].map((name, position) => {
    need(lines[3 + position].startsWith(`${name} `), `${name} is missing`);
    return lines[3 + position].slice(name.length + 1);
  });
  const [count, chainsRoot, ...more] = chains.split(" ");
  need(chainsRoot !== undefined && more.length === 0 && number !== "0", "not a checkpoint");
  return {
    origin: lines[0],
    size: decimal(lines[1]),
    root: base64Hash(lines[2]),
    number: decimal(number),
    time: decimal(time),
    previous: previous === "-" ? null : hex(previous, 32),
    chains: decimal(count),
    chainsRoot: base64Hash(chainsRoot),
    consistency: consistency === "-" ? [] : consistency.split(" ").map(base64Hash),
  };
}

function openNote(bytes, keys) {
  const { text, signatures } = parseNote(bytes);
  const checkpoint = parseCheckpoint(text);
  const valid = [];
  for (const { name, id, signature } of signatures) {
    const key = keys.find((each) => each.name === name && each.id === id);
    if (!key || name !== checkpoint.origin) continue;
    need(verifySignature(null, Buffer.from(text), key.publicKey, signature), "a signature is wrong");
    if (key.from <= checkpoint.time && checkpoint.time <= key.until) valid.push(key);
  }
  need(valid.length, "no key that was valid at its time has signed it");
  return { ...checkpoint, textHash: sha256(text), sound: valid.some((key) => !key.compromised) };
}

function verifyCheckpoints(notes, keys, origin, add) {
  const kept = new Map();
  for (const { name, bytes } of notes) {
    let checkpoint;
    try {
      checkpoint = openNote(bytes, keys);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      add("CHECKPOINT_INVALID", `${name}: ${error.message}`);
      continue;
    }
    if (checkpoint.origin !== origin) continue;
    const { number } = checkpoint;
    const other = kept.get(number);
    if (other && !other.textHash.equals(checkpoint.textHash)) {
      add("CHECKPOINT_CONFLICT", `${name}: another checkpoint has the number ${number}`, { checkpoint: number });
    } else if (!other || checkpoint.sound) {
      kept.set(number, checkpoint);
    }
  }
  const ordered = [...kept.values()].sort((one, other) => one.number - other.number);
  let before = null;
  for (const each of ordered) {
    const { number } = each;
    for (let missing = (before?.number ?? 0) + 1; missing < number; missing += 1) {
      add("CHECKPOINT_MISSING", `checkpoint ${missing} is missing`, { checkpoint: missing });
    }
    if (before) {
      const follows =
        number !== before.number + 1 ||
        (each.previous?.equals(before.textHash) &&
          consistent(before.size, each.size, before.root, each.root, each.consistency));
      if (!follows || each.size < before.size || each.time < before.time) {
        const text = `checkpoint ${number} does not continue checkpoint ${before.number}`;
        add("CHECKPOINT_CONFLICT", text, { checkpoint: number });
      }
    }
    before = each;
  }
  let named = null;
  const accepted = ordered.reverse().filter((each) => {
    const good = each.sound || named?.equals(each.textHash);
    named = good ? each.previous : null;
    if (!good) {
      const text = `checkpoint ${each.number} is signed by a compromised key alone`;
      add("CHECKPOINT_INVALID", text, { checkpoint: each.number });
    }
    return good;
  });
  if (!accepted.length) add("CHECKPOINT_MISSING", `there is no checkpoint of the log ${origin}`);
  return accepted.reverse();
}

// ---- The export

const COUNT = (value) => Number.isSafeInteger(value) && value >= 0;
const TEXT = (value) => typeof value === "string";
const HASH = (value) => TEXT(value) && /^[0-9a-f]{64}$/.test(value);
const FLAG = (value) => typeof value === "boolean";
const PLACE = { leaf: COUNT, chain: TEXT, index: COUNT, hash: HASH };
const FIELDS = {
  header: { format: TEXT, origin: TEXT, checkpoint: COUNT, size: COUNT, first: COUNT, first_checkpoint: COUNT },
  record: { ...PLACE, record: (value) => Array.isArray(value) && value.every(TEXT) },
  removed: { ...PLACE, seal: FLAG },
  subtree: { level: (value) => COUNT(value) && value <= 52, hash: HASH },
  chain: { chain: TEXT, length: COUNT, head: HASH },
};

function hasFields(object, fields) {
  const names = Object.keys(fields);
  const found = object && typeof object === "object" ? Object.keys(object) : [];
  need(found.join() === names.join() && names.every((name) => fields[name](object[name])), "other fields");
}

function parseLine(bytes) {
  const text = utf8(bytes);
  let line;
  try {
    line = JSON.parse(text);
  } catch {
    throw new Malformed("not JSON");
  }
  need(JSON.stringify(line) === text, "not JSON in its only form");
  need(line && Object.hasOwn(FIELDS, line.type), "of an unknown type");
  const { type, criteria, ...rest } = line;
  hasFields(rest, FIELDS[type]);
  need(Object.keys(line)[0] === "type", "other fields");
  if (criteria !== undefined) {
    need(type === "record" && Object.keys(line).at(-1) === "criteria", "other fields");
    hasFields(criteria, { salt: TEXT, content: TEXT });
    hex(criteria.salt);
  }
  return line;
}

function* linesOf(bytes) {
  let begin = 0;
  while (begin < bytes.length) {
    const end = bytes.indexOf(10, begin);
    yield end < 0 ? null : bytes.subarray(begin, end);
    if (end < 0) return;
    begin = end + 1;
  }
}

// ---- The records

function entryHash(previous, chain, index, texts) {
  need(texts.length === TEXTS && ![chain, ...texts].some((text) => text.includes("\n")), "not 22 texts");
  const entry = Buffer.from([chain, index, ...texts].join("\n"));
  need(entry.length <= 262144, "too large");
  return sha256(previous, entry);
}

function chainsRoot(chains) {
  const tree = new Tree();
  const names = [...chains.keys()].map((name) => Buffer.from(name)).sort(Buffer.compare);
  for (const name of names) {
    const { length, head } = chains.get(name.toString());
    tree.append(leafHash(`${name}\n${length}\n${head.toString("hex")}`));
  }
  return tree.root();
}

class Run {
  constructor(header, checkpoints, add) {
    Object.assign(this, { header, checkpoints, add });
    this.records = 0;
    this.removed = 0;
    this.leaf = 0;
    this.next = 0;
    this.tree = new Tree();
    this.since = 0;
    this.begun = false;
    this.chains = new Map();
    this.sealed = new Set();
    this.missing = new Set();
    this.wrong = [];
    this.soundChains = true;
    this.byNumber = new Map(checkpoints.map((each) => [each.number, each]));
  }

  fault(fault, text, line) {
    this.soundChains = false;
    this.add(fault, text, { leaf: line.leaf, chain: line.chain, index: line.index });
  }

  begin() {
    const { checkpoint, size, first, first_checkpoint: firstCheckpoint } = this.header;
    const newest = this.checkpoints.at(-1);
    const last = newest?.number ?? 0;
    for (let missing = last + 1; missing <= Math.min(checkpoint, last + MOST_FINDINGS); missing += 1) {
      this.add("CHECKPOINT_MISSING", `checkpoint ${missing} of the header is missing`, { checkpoint: missing });
    }
    if (last > checkpoint) {
      this.add("TAIL_CUT", `checkpoint ${last} covers ${newest.size} records`, { leaf: size, checkpoint: last });
    }
    const expected = [[checkpoint, size]];
    if (first || firstCheckpoint) {
      expected.push([firstCheckpoint, first]);
      if (!first || !firstCheckpoint || firstCheckpoint > checkpoint) {
        this.add("EXPORT_MALFORMED", "the header contradicts itself about removed records");
      }
    }
    for (const [number, count] of expected) {
      const found = this.byNumber.get(number);
      if ((found && found.size !== count) || (number === 0 && count)) {
        this.add("EXPORT_MALFORMED", `the header contradicts checkpoint ${number}`, { checkpoint: number });
      }
    }
  }

  take(line) {
    if (line.type === "subtree") {
      const leaves = 2 ** line.level;
      need(!this.begun && this.leaf + leaves <= this.header.first, "a subtree where records begin");
      this.tree?.append(Buffer.from(line.hash, "hex"), leaves);
      this.leaf += leaves;
      this.removed += leaves;
    } else if (line.type === "chain") {
      need(this.leaf > 0 && this.leaf === this.header.first && !this.begun, "a chain after the first record");
      const before = [...this.chains.keys()].at(-1) ?? "";
      need(Buffer.compare(Buffer.from(before), Buffer.from(line.chain)) < 0, "the state of a chain out of order");
      this.chains.set(line.chain, { length: line.length, head: Buffer.from(line.head, "hex") });
    } else {
      need(line.type !== "header", "a second header");
      this.takeRecord(line);
    }
  }

  takeRecord(line) {
    if (!this.begun) {
      this.begun = true;
      this.skipTo(this.header.first);
    }
    this.compare();
    if (line.leaf < this.leaf || line.leaf >= this.header.size) {
      const fault = this.missing.has(line.leaf) ? "RECORDS_SWAPPED" : "RECORD_INVENTED";
      this.fault(fault, `record ${line.leaf} of the log is out of place`, line);
      return;
    }
    this.skipTo(line.leaf);
    if (line.type === "removed") {
      this.removed += 1;
      const whole = this.byNumber.get(this.header.first_checkpoint);
      const covering = this.checkpoints[this.next];
      if (!whole || !covering || covering.time > whole.time + DAY) {
        this.fault("RECORD_MISSING", `record ${line.leaf} was removed without its month`, line);
      }
    } else {
      this.records += 1;
    }
    this.follow(line);
    this.tree?.append(leafHash(Buffer.from(line.hash, "hex")));
    this.leaf += 1;
  }

  skipTo(leaf) {
    if (this.leaf >= leaf) return;
    this.add("RECORD_MISSING", `records ${this.leaf} to ${leaf - 1} are missing`, { leaf: this.leaf });
    for (let missing = this.leaf; missing < Math.min(leaf, this.leaf + MOST_FINDINGS); missing += 1) {
      this.missing.add(missing);
    }
    this.leaf = leaf;
    this.tree = null; // the roots from here on cannot be computed
    this.compare();
  }

  follow(line) {
    const { chain, index } = line;
    const hash = Buffer.from(line.hash, "hex");
    const begin = () => sha256(`raas-audit-chain/1\n${this.header.origin}\n${chain}`);
    const state = this.chains.get(chain) ?? { length: 0, head: begin() };
    if (this.sealed.has(chain)) {
      this.fault("RECORD_INVENTED", `a record after the seal of ${chain}`, line);
    } else if (index > state.length + 1) {
      this.fault("RECORD_MISSING", `records ${state.length + 1} to ${index - 1} of ${chain} are missing`, line);
    } else if (index <= state.length) {
      this.fault("RECORD_INVENTED", `a second record ${index} of ${chain}`, line);
    }
    let seal = line.seal;
    if (line.type === "record") {
      seal = line.record[1] === "SEAL";
      this.verifyRecord(line, index > state.length + 1 ? null : state.head, hash);
    }
    if (seal) {
      this.sealed.add(chain);
      this.chains.delete(chain);
    } else {
      this.chains.set(chain, { length: index, head: hash });
    }
  }

  verifyRecord(line, previous, hash) {
    const { chain, index, record: texts, criteria } = line;
    if (criteria) {
      const found = sha256(Buffer.from(criteria.salt, "hex"), criteria.content).toString("hex");
      if (found !== texts[20]) this.fault("CRITERIA_ALTERED", `criteria of record ${index} of ${chain}`, line);
    }
    try {
      const computed = entryHash(previous ?? "", chain, index, texts);
      if (previous === null || computed.equals(hash)) return;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.fault("RECORD_ALTERED", `record ${index} of ${chain}: ${error.message}`, line);
      return;
    }
    const swapped = this.wrong.find((other) => {
      const moved = entryHash(other.previous, other.line.chain, other.line.index, texts).toString("hex");
      return moved === other.line.hash || moved === line.hash;
    });
    if (swapped) {
      this.fault("RECORDS_SWAPPED", `record ${index} of ${chain} and record ${swapped.line.leaf} of the log`, line);
    } else {
      this.fault("RECORD_ALTERED", `record ${index} of ${chain} (call ${texts[3]})`, line);
      if (this.wrong.length < 100) this.wrong.push({ line, previous });
    }
  }

  compare() {
    for (; this.next < this.checkpoints.length; this.next += 1) {
      const checkpoint = this.checkpoints[this.next];
      if (checkpoint.size > this.leaf) return;
      if (checkpoint.size < this.leaf || !this.tree) continue;
      const { number } = checkpoint;
      if (!this.tree.root().equals(checkpoint.root)) {
        const text = `records ${this.since} to ${this.leaf - 1} are not those of checkpoint ${number}`;
        this.add("HISTORY_REPLACED", text, { leaf: this.since, checkpoint: number });
        this.tree = null;
      } else if (
        this.soundChains &&
        (checkpoint.chains !== this.chains.size || !checkpoint.chainsRoot.equals(chainsRoot(this.chains)))
      ) {
        this.add("CHAINS_DIFFER", `the open chains are not those of checkpoint ${number}`, { checkpoint: number });
      }
      this.since = this.leaf;
    }
  }

  end() {
    this.compare();
    if (this.leaf < this.header.size) {
      this.add("TAIL_CUT", `records ${this.leaf} to ${this.header.size - 1} are missing`, { leaf: this.leaf });
    }
  }
}

// `notes` is a list of {name, bytes}; `keys` the text of the published file.
function verify(exported, notes, keys, until = Infinity) {
  const findings = [];
  const add = (fault, text, place = {}) => {
    if (findings.length < MOST_FINDINGS) findings.push({ fault, text, ...place });
  };
  const result = (run, checkpoints) => ({
    sound: findings.length === 0,
    records: run?.records ?? 0,
    removed: run?.removed ?? 0,
    checkpoints,
    findings,
  });
  let run = null;
  let number = 0;
  let kept = [];
  for (const bytes of linesOf(exported)) {
    number += 1;
    try {
      need(bytes, "cut off");
      const line = parseLine(bytes);
      if (number === 1) {
        need(line.type === "header" && line.format === "raas-audit-export/1", "no header of this format");
        const atUntil = (fault, text, place = {}) => {
          if ((place.checkpoint ?? 0) <= until) add(fault, text, place);
        };
        kept = verifyCheckpoints(notes, parseKeys(keys), line.origin, atUntil).filter(
          (each) => each.number <= until,
        );
        run = new Run(line, kept, add);
        run.begin();
      } else {
        run.take(line);
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      add("EXPORT_MALFORMED", `line ${number}: ${error.message}`);
      if (!run) return result(null, 0);
    }
  }
  if (!run) {
    add("EXPORT_MALFORMED", "the export is empty");
    return result(null, 0);
  }
  run.end();
  return result(run, kept.length);
}

// RFC 9162, section 2.1.3.2. The checkpoint that proves a record; throws Malformed otherwise.
function verifyProof(line, keys) {
  const { format, chain, index, previous, record, leaf, hashes, checkpoint } = JSON.parse(line);
  need(format === "raas-audit-proof/1", "of another format");
  const opened = openNote(Buffer.from(checkpoint), parseKeys(keys));
  need(opened.sound, "signed by a compromised key alone");
  need(COUNT(leaf) && leaf < opened.size, "beyond the log");
  let root = leafHash(entryHash(hex(previous, 32), chain, index, record));
  let fn = leaf;
  let sn = opened.size - 1;
  for (const hash of hashes.map(base64Hash)) {
    need(sn > 0, "too long a proof");
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) {
        fn = Math.floor(fn / 2);
        sn = Math.floor(sn / 2);
      }
    } else {
      root = nodeHash(root, hash);
    }
    fn = Math.floor(fn / 2);
    sn = Math.floor(sn / 2);
  }
  need(sn === 0 && root.equals(opened.root), "not in the log");
  return opened.number;
}

module.exports = { verify, verifyProof, Malformed };

if (require.main === module) {
  const [exported, directory, keys, until] = process.argv.slice(2);
  const notes = readdirSync(directory, { recursive: true })
    .filter((name) => name.endsWith(".note"))
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(directory, name)) }));
  const limit = until === undefined ? undefined : Number(until);
  const result = verify(readFileSync(exported), notes, readFileSync(keys, "utf8"), limit);
  console.log(JSON.stringify(result));
  process.exitCode = result.sound ? 0 : 1;
}
