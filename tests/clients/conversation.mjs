// Speaks with the test that started this program: one JSON object a line, each way.
import { createInterface } from "node:readline";

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export function say(object) {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}

export async function hear() {
  const { value, done } = await lines.next();
  if (done) process.exit(0);
  return JSON.parse(value);
}

// The person has been at the browser; these are the parameters that came back to the loopback address.
export async function hearCallback(state) {
  const { callback } = await hear();
  const parameters = new URL(callback).searchParams;
  if (parameters.get("state") !== state) throw new Error(`the state came back as ${parameters.get("state")}`);
  return parameters;
}

export async function run(program) {
  try {
    await program();
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error?.stack ?? error}\n`);
    say({ failed: error?.name ?? "Error", why: String(error?.message ?? error) });
    process.exit(1);
  }
}
