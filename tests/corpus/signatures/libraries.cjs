// Signs with the providers' own libraries, one request a line for tests/verify.rs; and lets them check what Python has signed
// (vectors.json). A library that is not installed is said and left out.
const fs = require("fs"), path = require("path"), url = require("url"), crypto = require("crypto");
// Packages for `import` alone are not found through NODE_PATH.
const load = (name) => {
  let file;
  try { file = require.resolve(name); } catch {
    const folder = path.join(process.env.NODE_PATH, name);
    const own = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    let entry = own.exports?.["."] ?? own.main;
    while (typeof entry === "object") entry = entry.node ?? entry.import ?? entry.default;
    file = path.join(folder, entry);
  }
  return import(url.pathToFileURL(file));
};
const at = Math.floor(Date.now() / 1000);
const body = JSON.stringify({ id: "evt_1", object: "event", type: "invoice.paid", name: "café" });
const vectors = JSON.parse(fs.readFileSync(path.join(__dirname, "vectors.json"), "utf8"));
const vector = (scheme) => vectors.find((one) => one.scheme === scheme);
const print = (provider, headers, secret, target = "/hook") =>
  console.log(JSON.stringify({ provider, headers, body, secret, at, target }));
const assert = (held, what) => { if (!held) throw new Error(what + " does not take the vector"); };
const tries = {
  "@octokit/webhooks-methods": async (m) => {
    print("github", [["X-GitHub-Event", "push"], ["X-Hub-Signature-256", await m.sign("s3cret", body)]], "s3cret");
    const v = vector("github");
    assert(await m.verify(v.secret, v.body, v.headers[1][1]), "octokit");
  },
  stripe: async (Stripe) => {
    const hooks = new Stripe("sk_test_x").webhooks;
    print("stripe", [["Stripe-Signature", hooks.generateTestHeaderString({ payload: body, secret: "whsec_x" })]], "whsec_x");
  },
  standardwebhooks: async ({ Webhook }) => {
    const secret = "whsec_" + crypto.randomBytes(24).toString("base64");
    const signature = new Webhook(secret).sign("msg_1", new Date(at * 1000), body);
    print("standard-webhooks",
      [["webhook-id", "msg_1"], ["webhook-timestamp", String(at)], ["webhook-signature", signature]], secret);
  },
  svix: async ({ Webhook }) => {
    const secret = "whsec_" + crypto.randomBytes(24).toString("base64");
    const signature = new Webhook(secret).sign("msg_1", new Date(at * 1000), body);
    print("svix", [["svix-id", "msg_1"], ["svix-timestamp", String(at)], ["svix-signature", signature]], secret);
  },
  twilio: async (twilio) => {
    const query = "/t?bodySHA256=" + crypto.createHash("sha256").update(body).digest("hex");
    const signature = twilio.getExpectedTwilioSignature("12345", "https://example.com" + query, {});
    print("twilio", [["Content-Type", "application/json"], ["X-Twilio-Signature", signature]], "12345", query);
  },
};
(async () => {
  for (const [name, run] of Object.entries(tries)) {
    let module;
    try { module = await load(name); module = module.default?.webhooks || name === "stripe" || name === "twilio" ? module.default ?? module : module; }
    catch (error) { console.error(`!!! ${name} cannot be had (${error.message}): SKIPPED`); continue; }
    await run(module);
  }
})().catch((error) => { console.error(error); process.exit(1); });
