// A client of RaaS in JavaScript. It loads protos/ without generated stubs, inscribes, consults, is refused and subscribes.
// Arguments: server, enterprise number of the caller, directory of the protos, directory of google/rpc. Prints JSON.

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

// Resolves to the messages of a subscription, through the first for which `enough` is true.
function subscribed(request, enough) {
  return new Promise((resolve, reject) => {
    const messages = [];
    const subscription = stream.Subscribe(request, metadata, { deadline: Date.now() + PATIENCE_MS });
    subscription.on("data", (message) => {
      messages.push(message);
      if (enough(message)) {
        subscription.cancel();
        resolve(messages);
      }
    });
    subscription.on("error", (error) => error.code === grpc.status.CANCELLED || reject(error));
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

  // A subscription from the beginning receives the earlier mutations and the one made meanwhile, in order.
  const last = String(Number(first.answer.revision) + 1);
  const holds = (message) => message.mutations?.mutations.some((mutation) => mutation.revision === last);
  const subscription = subscribed({ afterRevision: "0", heartbeatInterval: { seconds: 1 } }, holds);
  const second = await call("Inscribe", inscription("2024-07-01"));
  const messages = await subscription;

  // A subscription resumed from there receives no mutation again.
  const position = { afterRevision: last, logId: messages[0].logId, heartbeatInterval: { seconds: 1 } };
  const [bookmark] = await subscribed(position, (message) => message.content === "bookmark");

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
