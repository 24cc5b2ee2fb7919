// A program that renders pages with Clerk's SDK for backends, @clerk/backend, as frameworks use it.
//
//   node backend.mjs PUBLISHABLE_KEY PROXY_URL API_URL
//
// It prints its URL. POST /verify returns the claims of the token in the body, or why it is not valid; every other page
// returns who is signed in. It ends with its input.
import { createServer } from "node:http";
import { createClerkClient, verifyToken } from "@clerk/backend";

console.warn = console.error; // the output is for the URL
const [publishableKey, proxyUrl, apiUrl] = process.argv.slice(2);
const secretKey = "sk_test_conformance";
const clerk = createClerkClient({ publishableKey, secretKey, apiUrl, proxyUrl, telemetry: { disabled: true } });

const verify = async (token) => {
  try {
    return { claims: await verifyToken(token, { secretKey, apiUrl }) };
  } catch (e) {
    return { reason: e.reason ?? String(e) };
  }
};

// render is a page, or the redirect that the SDK wants first.
const render = async (request) => {
  const state = await clerk.authenticateRequest(request);
  if (state.headers.get("location")) return { status: 307, headers: state.headers };
  const { userId, orgId, orgRole } = state.toAuth() ?? {};
  const body = JSON.stringify({ status: state.status, user: userId ?? "", organization: orgId ?? "", role: orgRole ?? "" });
  return { status: 200, headers: state.headers, body };
};

const text = async (stream) => {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += chunk;
  return all;
};

const server = createServer(async (req, res) => {
  const answer =
    req.url === "/verify"
      ? { status: 200, headers: new Headers(), body: JSON.stringify(await verify(await text(req))) }
      : await render(new Request(`http://${req.headers.host}${req.url}`, { method: req.method, headers: req.headers }));
  res.statusCode = answer.status;
  for (const [name, value] of answer.headers) res.appendHeader(name, value); // several cookies are several lines
  res.setHeader("content-type", "application/json");
  res.end(answer.body);
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.resume().on("end", () => process.exit(0));
