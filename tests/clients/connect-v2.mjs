// @modelcontextprotocol/client 2.x from nothing but an MCP URL:  connect-v2.mjs URL REDIRECT_URI legacy|auto|2026-07-28
// Its finishAuth is given the whole callback and checks `iss` (RFC 9207) before it looks at the code.
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from "@modelcontextprotocol/client";
import { run } from "./conversation.mjs";
import { follow } from "./orders.mjs";
import { Shelf } from "./shelf.mjs";

const [url, redirectUri, era] = process.argv.slice(2);

await run(async () => {
  const shelf = new Shelf("TypeScript client 2.x", redirectUri);
  const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: shelf });
  const mode = era === "legacy" || era === "auto" ? era : { pin: era };
  const meet = () => new Client({ name: "typescript-v2", version: "1.0.0" }, { versionNegotiation: { mode } });
  let transport = open();
  let client = meet();
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport.finishAuth(await shelf.callback());
    [transport, client] = [open(), meet()];
    await client.connect(transport);
  }
  await follow(client, shelf, { version: client.getNegotiatedProtocolVersion(), server: client.getServerVersion() });
});
