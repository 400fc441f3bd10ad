// A caller of RaaS that knows nothing of Python: it loads protos/ as they are, writes, asks, is refused, and listens.
// Arguments: the server, who calls, the directory of the protos, that of google/rpc. Writes what it saw as JSON.

const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const protobuf = require("protobufjs");

const [target, caller, protos, google] = process.argv.slice(2);
const PATIENCE_MS = 30_000;
const ANN = "85673003360";

const loaded = loader.loadSync(["raas/v1/register_service.proto", "raas/v1/mutation_stream.proto"], {
  includeDirs: [protos],
  longs: String,
  enums: String,
  oneofs: true,
});
const { RegisterService, MutationStream } = grpc.loadPackageDefinition(loaded).raas.v1;
const details = new protobuf.Root();
details.resolvePath = (_, path) => (path.startsWith("google/rpc/") ? `${google}/${path}` : path);
details.loadSync(["google/rpc/status.proto", "google/rpc/error_details.proto"]);

const metadata = new grpc.Metadata();
metadata.set("raas-enterprise-number", caller);
metadata.set("accept-language", "fr");
const registers = new RegisterService(target, grpc.credentials.createInsecure());
const stream = new MutationStream(target, grpc.credentials.createInsecure());

function call(method, request) {
  return new Promise((resolve, reject) => {
    let trailers;
    const sent = registers[method](request, metadata, { deadline: Date.now() + PATIENCE_MS }, (error, answer) =>
      error ? reject(error) : resolve({ answer, callId: () => trailers.get("raas-call-id")[0] }),
    );
    sent.on("status", (status) => (trailers = status.metadata));
  });
}

async function refused(method, request) {
  try {
    await call(method, request);
  } catch (error) {
    const [packed] = error.metadata.get("grpc-status-details-bin");
    const status = details.lookupType("google.rpc.Status").decode(packed);
    const unpacked = status.details.map((any) => {
      const type = details.lookupType(any.type_url.split("/").pop());
      return [type.name, type.toObject(type.decode(any.value))];
    });
    return { code: grpc.status[error.code], message: error.details, details: Object.fromEntries(unpacked) };
  }
  throw new Error(`${method} was not refused`);
}

// What a subscription tells, until something is `enough`.
function told(request, enough) {
  return new Promise((resolve, reject) => {
    const messages = [];
    const listening = stream.Subscribe(request, metadata, { deadline: Date.now() + PATIENCE_MS });
    listening.on("data", (message) => {
      messages.push(message);
      if (enough(message)) {
        listening.cancel();
        resolve(messages);
      }
    });
    listening.on("error", (error) => error.code === grpc.status.CANCELLED || reject(error));
  });
}

function inscription(begin, end) {
  return { niss: ANN, dossierType: "PENSION", period: end ? { begin, end } : { begin } };
}

async function main() {
  const first = await call("Inscribe", inscription("2024-01-01", "2024-06-30"));
  const consulted = await call("Consult", { niss: [ANN] });
  const wrong = { niss: "85673003361", dossierType: "PENSION", period: { begin: "2024-13-01" } };
  const refusal = await refused("Inscribe", wrong);

  // One listens from the beginning while another change is made: what comes before and after it is told in order.
  const last = String(Number(first.answer.revision) + 1);
  const holds = (message) => message.mutations?.mutations.some((mutation) => mutation.revision === last);
  const listening = told({ afterRevision: "0", heartbeatInterval: { seconds: 1 } }, holds);
  const second = await call("Inscribe", inscription("2024-07-01"));
  const messages = await listening;

  // Whoever goes on from there is told nothing twice.
  const place = { afterRevision: last, logId: messages[0].logId, heartbeatInterval: { seconds: 1 } };
  const [bookmark] = await told(place, (message) => message.content === "bookmark");

  console.log(
    JSON.stringify({
      inscribed: first.answer,
      callId: first.callId(),
      consulted: consulted.answer,
      refusal,
      extended: second.answer,
      mutations: messages.flatMap((message) => message.mutations?.mutations ?? []),
      bookmark: { revision: bookmark.bookmark.revision, logId: bookmark.logId },
    }),
  );
  registers.close();
  stream.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
