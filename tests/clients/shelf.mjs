// What an MCP application brings to the SDK's OAuth client: a place for its registration and tokens, and a way to a browser.
// The interface of the two SDKs, 1.x and 2.x, is the same here.
import { randomUUID } from "node:crypto";
import { hearCallback, say } from "./conversation.mjs";

export class Shelf {
  redirectUrl;
  #name;
  #state;
  #client;
  #tokens;
  #verifier;
  refreshes = 0;

  constructor(name, redirectUrl) {
    this.#name = name;
    this.redirectUrl = redirectUrl;
  }

  get clientMetadata() {
    return {
      client_name: this.#name,
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state() {
    return (this.#state = randomUUID());
  }

  clientInformation() {
    return this.#client;
  }

  saveClientInformation(client) {
    this.#client = client;
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens) {
    if (this.#tokens) this.refreshes += 1;
    this.#tokens = tokens;
  }

  saveCodeVerifier(verifier) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }

  redirectToAuthorization(url) {
    say({ authorize: url.href, registered: this.#client });
  }

  invalidateCredentials(what) {
    if (what === "all" || what === "client") this.#client = undefined;
    if (what === "all" || what === "tokens") this.#tokens = undefined;
    if (what === "all" || what === "verifier") this.#verifier = undefined;
  }

  callback() {
    return hearCallback(this.#state);
  }

  // The server must answer 401 to this, and nothing but the refresh token can help.
  spoilAccessToken() {
    this.#tokens = { ...this.#tokens, access_token: `${this.#tokens.access_token.slice(0, -6)}AAAAAA` };
  }
}
