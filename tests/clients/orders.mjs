// What a connected client is told to do, until the test closes the line.
import { hear, say } from "./conversation.mjs";

export async function follow(client, shelf, facts) {
  say({ connected: facts });
  for (;;) {
    const order = await hear();
    try {
      say(await carryOut(order, client, shelf));
    } catch (error) {
      say({ refused: error?.name ?? "Error", why: String(error?.message ?? error), status: error?.code ?? null });
    }
  }
}

async function carryOut(order, client, shelf) {
  switch (order.do) {
    case "list":
      return { tools: (await client.listTools()).tools };
    case "call":
      return { result: await client.callTool({ name: order.tool, arguments: order.arguments }) };
    case "expire":
      shelf.spoilAccessToken();
      return { expired: true };
    case "tokens":
      return { tokens: shelf.tokens() ?? null, refreshes: shelf.refreshes };
    default:
      throw new Error(`no such order: ${order.do}`);
  }
}
