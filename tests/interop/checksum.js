// Recomputes the checksums of a register, written from docs/checksum-format.md alone.
// Input: JSON {register, mutations}, the mutations in the JSON form of protobuf. Output: JSON, one checksum per mutation.

const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");

const KINDS = [
  "INSCRIBED",
  "REMOVED",
  "NISS_REPLACED",
  "NISS_RESTORED",
  "NISS_CANCELLED",
  "IDENTITY_CHANGED",
  "NETWORK_EVENT",
  "DOSSIER_TYPE_CHANGED",
  "ACCESS_GRANTED",
];
const LANGUAGES = ["de", "en", "fr", "nl"];

function sha256(...parts) {
  const hash = createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest();
}

function kindNumber(kind) {
  return KINDS.indexOf(kind.replace("MUTATION_KIND_", "")) + 1;
}

function lines(periods = []) {
  return `{${periods.map(({ begin, end = "" }) => `[${begin},${end}]`).join(",")}}`;
}

// "2026-01-05T08:30:00.000125Z" has up to nine decimals, which a Date would lose.
function microseconds(time) {
  const [, seconds, decimals = ""] = /^(.*?)(?:\.(\d+))?Z$/.exec(time);
  return BigInt(Date.parse(`${seconds}Z`)) * 1000n + BigInt(decimals.padEnd(9, "0").slice(0, 6));
}

function pairs(list) {
  return list
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`)
    .join(";");
}

function hexadecimal(base64) {
  return Buffer.from(base64, "base64").toString("hex");
}

function typePairs(prefix, type) {
  return [
    ["active_from", type.activeFrom],
    ["active_until", type.activeUntil],
    ["code", type.code],
    ["identity_changes", type.identityChanges.replace("IDENTITY_CHANGES_", "")],
    ["keep_after_end", type.keepAfterEnd],
    ...LANGUAGES.map((language) => [`labels.${language}`, type.labels?.[language]]),
    ["partner", type.partner],
    ["partner_institution", type.partnerInstitution],
    ["partner_sector", type.partnerSector],
    ["quality_code", type.qualityCode],
  ].map(([name, value]) => [prefix + name, value]);
}

function detail({ replacement, identityChange, networkEvent, dossierTypeChange, accessGranted }) {
  if (replacement) {
    return pairs([
      ["replaced_niss", replacement.replacedNiss],
      ["successor_niss", replacement.successorNiss],
    ]);
  }
  if (identityChange) {
    return pairs([
      ["content", hexadecimal(identityChange.contentHash)],
      ["fields", identityChange.fields.join(",")],
    ]);
  }
  if (networkEvent) {
    return pairs([
      ["authorisation", networkEvent.authorisation],
      ["content", hexadecimal(networkEvent.contentHash)],
      ["event_id", networkEvent.eventId],
      ["service", networkEvent.service],
      ["type", networkEvent.type],
    ]);
  }
  if (dossierTypeChange) {
    const { before, after } = dossierTypeChange;
    return pairs([...typePairs("after.", after), ...(before ? typePairs("before.", before) : [])]);
  }
  if (accessGranted) {
    return pairs([
      ["mandate_id", accessGranted.mandateId],
      ["reason", accessGranted.reason],
      ["ticket", accessGranted.ticket],
      ["until", microseconds(accessGranted.until)],
    ]);
  }
  return "";
}

function canonicalBytes(mutation) {
  return [
    mutation.revision,
    mutation.batchLastRevision,
    kindNumber(mutation.kind),
    mutation.niss ?? "",
    mutation.requestedNiss ?? "",
    mutation.dossierType ?? "",
    (mutation.dossierTypes ?? []).join(","),
    lines(mutation.before),
    lines(mutation.after),
    microseconds(mutation.recordTime),
    mutation.actor,
    mutation.callId,
    mutation.requestId ?? "",
    mutation.legalContext ?? "",
    mutation.ticket ?? "",
    detail(mutation),
    ...(mutation.application === undefined ? [] : [`application=${mutation.application}`]),
    ...(mutation.onBehalfOf === undefined ? [] : [`on_behalf_of=${mutation.onBehalfOf}`]),
  ].join("\n");
}

const { register, mutations } = JSON.parse(readFileSync(0, "utf8"));
let checksum = sha256(register);
const checksums = mutations.map((mutation) => {
  checksum = sha256(checksum, canonicalBytes(mutation));
  return checksum.toString("hex");
});
console.log(JSON.stringify(checksums));
