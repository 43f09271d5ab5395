// A handler that lets the providers' own libraries check what comes, for tests/resign: the path names the library. Says its URL and
// which libraries it has; answers 200 to what they take and 401 to anything else.
const fs = require("fs"), http = require("http"), path = require("path"), url = require("url");
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
const secret = process.env.SECRET;
const checks = {
  stripe: (Stripe) => {
    const hooks = new Stripe("sk_test_x").webhooks;
    return (body, headers) => hooks.constructEvent(body, headers["stripe-signature"], secret);
  },
  "@octokit/webhooks-methods": (m) => async (body, headers) => {
    if (!await m.verify(secret, body.toString(), headers["x-hub-signature-256"])) throw new Error("no");
  },
  standardwebhooks: ({ Webhook }) => (body, headers) => new Webhook(secret).verify(body.toString(), headers),
  svix: ({ Webhook }) => (body, headers) => new Webhook(secret).verify(body.toString(), headers),
  "@slack/bolt": ({ verifySlackRequest, default: bolt }) => (body, headers) =>
    (verifySlackRequest ?? bolt.verifySlackRequest)({
      signingSecret: secret, body: body.toString(),
      headers: {
        "x-slack-signature": headers["x-slack-signature"],
        "x-slack-request-timestamp": Number(headers["x-slack-request-timestamp"]),
      },
    }),
  twilio: (twilio) => (body, headers, url) => {
    const form = Object.fromEntries(new URLSearchParams(body.toString()));
    if (!twilio.validateRequest(secret, headers["x-twilio-signature"], url, form)) throw new Error("no");
  },
};
(async () => {
  const ready = {};
  for (const [name, make] of Object.entries(checks)) {
    let module;
    try { module = await load(name); } catch (error) { console.error(`!!! ${name} cannot be had (${error.message}): SKIPPED`); continue; }
    ready[name] = make(name === "stripe" || name === "twilio" ? module.default ?? module : module.Webhook || module.verify ? module : { ...module, ...module.default });
  }
  const server = http.createServer((request, response) => {
    const pieces = [];
    request.on("data", (piece) => pieces.push(piece)).on("end", async () => {
      let status = 401;
      try {
        const name = decodeURIComponent(request.url.slice(1).split("?")[0]);
        await ready[name](Buffer.concat(pieces), request.headers, `http://${request.headers.host}${request.url}`);
        status = 200;
      } catch (error) { response.setHeader("X-Why", String(error.message).replace(/[^ -~]/g, " ").slice(0, 200)); }
      response.writeHead(status, { Connection: "close" }).end();
    });
  });
  server.listen(0, "127.0.0.1", () =>
    console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}`, libraries: Object.keys(ready) })));
})();
