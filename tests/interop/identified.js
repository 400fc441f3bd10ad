// A caller in JavaScript that proves who it is. Arguments: "certificate" or "token", server, directory of the protos, and a
// directory with ca.pem and client.pem and client.key, or token. Prints the enterprise number of its register.

const fs = require("node:fs");
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");

const [proof, target, protos, directory] = process.argv.slice(2);
const read = (name) => fs.readFileSync(`${directory}/${name}`);

const loaded = loader.loadSync("raas/v1/register_service.proto", { includeDirs: [protos] });
const { RegisterService } = grpc.loadPackageDefinition(loaded).raas.v1;

// Read at every call: a renewed token is used at once.
function withToken(_, callback) {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${read("token").toString().trim()}`);
  callback(null, metadata);
}

const credentials =
  proof === "certificate"
    ? grpc.credentials.createSsl(read("ca.pem"), read("client.key"), read("client.pem"))
    : grpc.credentials.combineChannelCredentials(
        grpc.credentials.createSsl(read("ca.pem")),
        grpc.credentials.createFromMetadataGenerator(withToken),
      );

const registers = new RegisterService(target, credentials);
registers.GetRegister({}, { deadline: Date.now() + 30_000 }, (error, answer) => {
  registers.close();
  if (error) {
    console.error(`${grpc.status[error.code]}: ${error.details}`);
    process.exit(1);
  }
  console.log(answer.register.enterpriseNumber);
});
