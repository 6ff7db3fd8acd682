// oauth4webapi, which refuses every answer that strays from its RFC:
//   oauth4webapi.mjs ISSUER MCP_URL REDIRECT_URI METHOD [CREDENTIALS]
// METHOD is a token_endpoint_auth_method; CREDENTIALS ({client_id, client_secret}) stand for a client that was created
// beforehand, otherwise it registers itself. Each step is one line of what the library made of the answer.
import * as oauth from "oauth4webapi";
import { hearCallback, run, say } from "./conversation.mjs";

const [issuer, mcpUrl, redirectUri, method, credentials] = process.argv.slice(2);
const onLoopback = { [oauth.allowInsecureRequests]: true };

await run(async () => {
  const resource = await discoverResource();
  const server = await discoverServer(resource);
  const client = credentials ? JSON.parse(credentials) : await register(server);
  const authentication = {
    none: () => oauth.None(),
    client_secret_basic: () => oauth.ClientSecretBasic(client.client_secret),
    client_secret_post: () => oauth.ClientSecretPost(client.client_secret),
  }[method]();
  const party = { server, client, authentication, target: { resource: resource.resource } };

  const tokens = await signIn(party);
  await useToken(party, tokens.access_token);
  const next = await refresh(party, tokens.refresh_token);
  await useToken(party, next.access_token);
  if (client.client_secret) say({ introspected: await introspect(party, next.access_token) });
  await revoke(party, next);
});

async function discoverResource() {
  const wanted = new URL(mcpUrl);
  const found = await oauth.processResourceDiscoveryResponse(wanted, await oauth.resourceDiscoveryRequest(wanted, onLoopback));
  say({ resource: found });
  return found;
}

async function discoverServer(resource) {
  if (!resource.authorization_servers.includes(issuer)) throw new Error(`${issuer} does not serve this resource`);
  const expected = new URL(issuer);
  const answer = await oauth.discoveryRequest(expected, { algorithm: "oauth2", ...onLoopback });
  const server = await oauth.processDiscoveryResponse(expected, answer);
  say({ server });
  return server;
}

async function register(server) {
  const metadata = {
    client_name: `oauth4webapi with ${method}`,
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: method,
  };
  const answer = await oauth.dynamicClientRegistrationRequest(server, metadata, onLoopback);
  const client = await oauth.processDynamicClientRegistrationResponse(answer);
  say({ registered: client });
  return client;
}

async function signIn({ server, client, authentication, target }) {
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(server.authorization_endpoint);
  url.search = new URLSearchParams({
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    ...target,
  });
  say({ authorize: url.href });
  const parameters = oauth.validateAuthResponse(server, client, await hearCallback(state), state);
  const options = { additionalParameters: target, ...onLoopback };
  const exchange = [parameters, redirectUri, verifier, options];
  const answer = await oauth.authorizationCodeGrantRequest(server, client, authentication, ...exchange);
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, answer);
  say({ tokens });
  return tokens;
}

// What a resource server that trusts this issuer would make of the token (RFC 9068), and what ours does.
async function useToken({ server, target }, token) {
  const presented = new Request(target.resource, { headers: { authorization: `Bearer ${token}` } });
  const claims = await oauth.validateJwtAccessToken(server, presented, target.resource, onLoopback);
  const answer = await callMcp(target, token);
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  say({ claims, listed: (await answer.json()).result.tools.length });
}

function callMcp({ resource }, token) {
  const headers = new Headers({ "content-type": "application/json", accept: "application/json, text/event-stream" });
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list", params: {} });
  return oauth.protectedResourceRequest(token, "POST", new URL(resource), headers, body, onLoopback);
}

async function refresh({ server, client, authentication, target }, token) {
  const options = { additionalParameters: target, ...onLoopback };
  const answer = await oauth.refreshTokenGrantRequest(server, client, authentication, token, options);
  const tokens = await oauth.processRefreshTokenResponse(server, client, answer);
  say({ refreshed: tokens });
  return tokens;
}

async function introspect({ server, client, authentication }, token) {
  const answer = await oauth.introspectionRequest(server, client, authentication, token, onLoopback);
  return oauth.processIntrospectionResponse(server, client, answer);
}

async function revoke(party, { access_token: accessToken, refresh_token: refreshToken }) {
  const { server, client, authentication, target } = party;
  await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, refreshToken, onLoopback));
  say({
    revoked: {
      refresh: await refresh(party, refreshToken).catch((error) => ({ status: error.status, error: error.error })),
      access: await callMcp(target, accessToken).catch((error) => ({ status: error.status, challenges: error.cause })),
    },
  });
}
