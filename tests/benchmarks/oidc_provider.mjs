// The rival of bench_refresh.py: oidc-provider on a durable SQLite file, at the level Frontdesk runs on (WAL, synchronous=FULL).
//   oidc_provider.mjs FILE PORT WORKERS FAMILIES
// Set up as Frontdesk is: refresh tokens rotate, access tokens are ES256 JWTs for one resource and live 15 minutes.
// Prints one JSON line with a refresh token for each family once it listens.
import cluster from "node:cluster";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { DatabaseSync } from "node:sqlite";
import Provider from "../clients/node_modules/oidc-provider/lib/index.js";

const [file, port, workers, families] = process.argv.slice(2);
const RESOURCE = "http://127.0.0.1/mcp";
const CLIENT = "benchmark";

const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000");
database.exec(`CREATE TABLE IF NOT EXISTS stored (
  kind TEXT, id TEXT, payload TEXT, grant_id TEXT, consumed_at INTEGER, expires_at INTEGER, PRIMARY KEY (kind, id)
) WITHOUT ROWID; CREATE INDEX IF NOT EXISTS stored_grant ON stored (grant_id) WHERE grant_id IS NOT NULL`);
const statements = {
  upsert: database.prepare(`INSERT INTO stored (kind, id, payload, grant_id, expires_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, expires_at = excluded.expires_at`),
  find: database.prepare("SELECT payload, consumed_at, expires_at FROM stored WHERE kind = ? AND id = ?"),
  destroy: database.prepare("DELETE FROM stored WHERE kind = ? AND id = ?"),
  consume: database.prepare("UPDATE stored SET consumed_at = ? WHERE kind = ? AND id = ?"),
  revoke: database.prepare("DELETE FROM stored WHERE grant_id = ?"),
};
const seconds = () => Math.floor(Date.now() / 1000);

// The adapter of the library's documentation: one statement, one transaction, for each call.
class Stored {
  constructor(kind) {
    this.kind = kind;
  }

  async upsert(id, payload, expiresIn) {
    const expiresAt = expiresIn ? seconds() + expiresIn : null;
    statements.upsert.run(this.kind, id, JSON.stringify(payload), payload.grantId ?? null, expiresAt);
  }

  async find(id) {
    const row = statements.find.get(this.kind, id);
    if (!row || (row.expires_at !== null && row.expires_at < seconds())) return undefined;
    return { ...JSON.parse(row.payload), ...(row.consumed_at === null ? {} : { consumed: row.consumed_at }) };
  }

  async findByUid() {
    return undefined;
  }

  async findByUserCode() {
    return undefined;
  }

  async destroy(id) {
    statements.destroy.run(this.kind, id);
  }

  async consume(id) {
    statements.consume.run(seconds(), this.kind, id);
  }

  async revokeByGrantId(grantId) {
    statements.revoke.run(grantId);
  }
}

function provider(keys) {
  const resourceServer = {
    scope: "mcp.read mcp.write",
    audience: RESOURCE,
    accessTokenTTL: 900,
    accessTokenFormat: "jwt",
    jwt: { sign: { alg: "ES256" } },
  };
  return new Provider(`http://127.0.0.1:${port}`, {
    adapter: Stored,
    jwks: { keys },
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: ["http://127.0.0.1:3118/callback"],
        id_token_signed_response_alg: "ES256",
      },
    ],
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: true,
    scopes: ["offline_access"],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: () => true,
        getResourceServerInfo: () => resourceServer,
      },
    },
    ttl: { RefreshToken: 30 * 86400, Grant: 180 * 86400 },
  });
}

async function family(server, number) {
  const accountId = `user-${number}`;
  const grant = new server.Grant({ accountId, clientId: CLIENT });
  grant.addOIDCScope("offline_access");
  grant.addResourceScope(RESOURCE, "mcp.read mcp.write");
  const token = new server.RefreshToken({
    accountId,
    client: await server.Client.find(CLIENT),
    grantId: await grant.save(),
    gty: "authorization_code",
    scope: "offline_access mcp.read mcp.write",
    resource: RESOURCE,
  });
  return token.save();
}

if (cluster.isPrimary) {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keys = [{ ...privateKey.export({ format: "jwk" }), alg: "ES256", use: "sig", kid: "benchmark" }];
  const server = provider(keys);
  const tokens = [];
  for (let number = 0; number < Number(families); number += 1) tokens.push(await family(server, number));
  for (let number = 0; number < Number(workers); number += 1) {
    await once(cluster.fork({ KEYS: JSON.stringify(keys) }), "listening");
  }
  process.stdout.write(`${JSON.stringify({ tokens, client: CLIENT })}\n`);
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  provider(JSON.parse(process.env.KEYS)).listen(Number(port), "127.0.0.1");
  process.on("disconnect", () => process.exit(0));
}
