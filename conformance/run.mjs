// Clerk's own client in plain Node, as a native app: no cookies, the client's token in the Authorization header.
//
//   node run.mjs PUBLISHABLE_KEY PROXY_URL
//
// Each line of the input is a step, {"verb": ..., "args": ...}; each line of the output is what came of it. The token that
// is kept goes in with CLIENT_TOKEN and comes out with the step "keep".
import { createInterface } from "node:readline";
import { Witness } from "./verbs.mjs";

for (const name of ["log", "info", "warn", "debug"]) console[name] = console.error; // the output is for answers
globalThis.window = { navigator: { onLine: true, userAgent: "node" } }; // without it, clerk-js believes that it is offline
const { Clerk } = await import("@clerk/clerk-js/no-rhc");

const [key, proxyUrl] = process.argv.slice(2);
let token = process.env.CLIENT_TOKEN ?? "";
const clerk = new Clerk(key, { proxyUrl });
clerk.__internal_onBeforeRequest((request) => {
  request.credentials = "omit";
  request.url?.searchParams.append("_is_native", "1");
  if (!request.headers.has("authorization")) request.headers.set("authorization", token); // API keys bring a session token
});
clerk.__internal_onAfterResponse((_, response) => {
  token = response?.headers.get("authorization") ?? token;
});

const witness = new Witness(clerk, { standardBrowser: false, telemetry: false });
for await (const line of createInterface({ input: process.stdin })) {
  const { verb, args } = JSON.parse(line);
  const outcome = verb === "keep" ? { value: token } : await witness.step(verb, args);
  process.stdout.write(JSON.stringify(outcome) + "\n");
}
process.exit(0); // clerk-js leaves a BroadcastChannel open
