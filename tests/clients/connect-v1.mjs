// @modelcontextprotocol/sdk 1.x from nothing but an MCP URL:  connect-v1.mjs URL REDIRECT_URI
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { run } from "./conversation.mjs";
import { follow } from "./orders.mjs";
import { Shelf } from "./shelf.mjs";

const [url, redirectUri] = process.argv.slice(2);

await run(async () => {
  const shelf = new Shelf("TypeScript client 1.x", redirectUri);
  const open = () => new StreamableHTTPClientTransport(new URL(url), { authProvider: shelf });
  const client = new Client({ name: "typescript-v1", version: "1.0.0" });
  let transport = open();
  try {
    await client.connect(transport);
  } catch (error) {
    if (!(error instanceof UnauthorizedError)) throw error;
    await transport.finishAuth((await shelf.callback()).get("code"));
    transport = open();
    await client.connect(transport);
  }
  await follow(client, shelf, { version: transport.protocolVersion, server: client.getServerVersion() });
});
