// PostGraphile 5 with its recommended preset on Node's own HTTP server, in production mode.
// The tables have no foreign keys, so smart tags tell it how they hang together.
import { createServer } from "node:http";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { jsonPgSmartTags } from "postgraphile/utils";

const { BENCH_PORT, BENCH_SOCKET, BENCH_DATABASE, BENCH_ROLE, BENCH_CONNECTIONS } = process.env;
const ordered = { tags: { isIndexed: true } };

const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      credit_balances: { tags: { foreignKey: "(user_id) references users (id)" } },
      memberships: {
        tags: { foreignKey: ["(user_id) references users (id)", "(team_id) references teams (id)"] },
        attribute: { joined_on: ordered, left_on: ordered },
      },
      activities: {
        tags: { foreignKey: "(user_id) references users (id)" },
        attribute: { started_at: ordered, deleted_at: ordered },
      },
      places: {
        tags: { foreignKey: "(health_zone_code) references places (code)" },
        attribute: { kind: ordered, sort_key_th: ordered },
      },
    },
  },
});

const pool = new pg.Pool({
  host: BENCH_SOCKET,
  database: BENCH_DATABASE,
  user: BENCH_ROLE,
  min: Number(BENCH_CONNECTIONS),
  max: Number(BENCH_CONNECTIONS),
  options: "-c timezone=UTC",
});

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  disablePlugins: ["PgMutationCreatePlugin", "PgMutationUpdateDeletePlugin"],
  schema: { pgForbidSetofFunctionsToReturnNull: true, defaultBehavior: "+connection +list" },
  pgServices: [makePgService({ pool, schemas: ["public"] })],
  grafserv: { graphiql: false, websockets: false, watch: false },
  grafast: { explain: false },
};

const server = createServer();
const made = postgraphile(preset);
await made.createServ(grafserv).addTo(server);
if (process.env.BENCH_PRINT) {
  const { printSchema } = await import("postgraphile/graphql");
  console.log(printSchema(await made.getSchema()));
}
server.listen(Number(BENCH_PORT), "127.0.0.1");
