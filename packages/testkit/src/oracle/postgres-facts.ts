import type { PhotographOptions, Section } from "./facts.ts";

type Scope = NonNullable<PhotographOptions["scope"]>;

/** Asks for rows of `name` and `fact`. Names are fully qualified because the search path is empty. */
export interface FactQuery {
  section: Section;
  sql: string;
}

const ours = (schema: string) => `${schema} !~ '^pg_' AND ${schema} <> 'information_schema'`;
/** An object as JSON text, without the parts that are not set. */
const fact = (...pairs: string[]) => `jsonb_strip_nulls(jsonb_build_object(${pairs.join(", ")}))::text AS fact`;
const relation = "c.oid::regclass";
const owner = (column: string) => `'owner', pg_get_userbyid(${column})`;
const comment = (oid: string, catalog: string) => `'comment', obj_description(${oid}, '${catalog}')`;
const fromClass = "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace";

const schema: string[] = [
  `SELECT concat('schema ', quote_ident(nspname)) AS name, ${fact(owner("nspowner"), comment("oid", "pg_namespace"))}
   FROM pg_namespace WHERE ${ours("nspname")}`,

  `SELECT concat('database ', quote_ident(datname)) AS name, ${fact(
    owner("datdba"),
    "'connections', datallowconn",
    "'limit', datconnlimit",
    "'comment', shobj_description(oid, 'pg_database')",
  )} FROM pg_database WHERE datname = current_database()`,

  `SELECT concat(CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'f' THEN 'foreign table'
       WHEN 'S' THEN 'sequence' WHEN 'c' THEN 'composite type' ELSE 'table' END, ' ', ${relation}) AS name,
     ${fact(
       owner("c.relowner"),
       "'persistence', c.relpersistence",
       "'method', (SELECT amname FROM pg_am WHERE oid = c.relam)",
       "'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace)",
       "'options', c.reloptions",
       "'toast options', (SELECT t.reloptions FROM pg_class t WHERE t.oid = c.reltoastrelid)",
       "'replica identity', c.relreplident",
       "'row security', c.relrowsecurity",
       "'forced row security', c.relforcerowsecurity",
       "'populated', c.relispopulated",
       "'partition key', pg_get_partkeydef(c.oid)",
       "'bound', pg_get_expr(c.relpartbound, c.oid)",
       "'parents', (SELECT jsonb_agg(inhparent::regclass ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = c.oid)",
       `'sequence', (SELECT to_jsonb(s) - 'seqrelid' || jsonb_build_object('seqtypid', s.seqtypid::regtype)
         FROM pg_sequence s WHERE s.seqrelid = c.oid)`,
       `'owned by', (SELECT concat(refobjid::regclass, ' ', refobjsubid) FROM pg_depend
         WHERE c.relkind = 'S' AND classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i')
           AND refclassid = 'pg_class'::regclass)`,
       comment("c.oid", "pg_class"),
     )} ${fromClass} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c') AND ${ours("n.nspname")}`,

  `SELECT concat('column ', ${relation}, '.', quote_ident(a.attname)) AS name, ${fact(
    "'place', a.attnum",
    "'type', format_type(a.atttypid, a.atttypmod)",
    "'not null', a.attnotnull",
    "'default', pg_get_expr(d.adbin, d.adrelid)",
    "'identity', a.attidentity",
    "'generated', a.attgenerated",
    "'collation', (SELECT collname FROM pg_collation WHERE oid = a.attcollation)",
    "'storage', a.attstorage",
    "'compression', to_jsonb(a) ->> 'attcompression'",
    "'statistics', a.attstattarget",
    "'options', a.attoptions",
    "'inherited', a.attinhcount",
    "'comment', col_description(a.attrelid, a.attnum)",
  )} FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND ${ours("n.nspname")}`,

  `SELECT concat('constraint ', quote_ident(k.conname), ' on ',
       CASE WHEN k.conrelid <> 0 THEN k.conrelid::regclass::text ELSE k.contypid::regtype::text END) AS name,
     ${fact(
       "'definition', pg_get_constraintdef(k.oid)",
       "'validated', k.convalidated",
       "'enforced', to_jsonb(k) -> 'conenforced'",
       "'deferrable', k.condeferrable",
       "'deferred', k.condeferred",
       "'index', NULLIF(k.conindid, 0)::regclass",
       comment("k.oid", "pg_constraint"),
     )} FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE ${ours("n.nspname")}`,

  `SELECT concat('index ', ${relation}) AS name, ${fact(
    "'definition', pg_get_indexdef(c.oid)",
    owner("c.relowner"),
    "'valid', i.indisvalid",
    "'ready', i.indisready",
    "'live', i.indislive",
    "'clustered', i.indisclustered",
    "'replica identity', i.indisreplident",
    "'unique', i.indisunique",
    "'immediate', i.indimmediate",
    "'tablespace', (SELECT spcname FROM pg_tablespace WHERE oid = c.reltablespace)",
    "'options', c.reloptions",
    "'parent', (SELECT inhparent::regclass FROM pg_inherits WHERE inhrelid = c.oid)",
    "'statistics', (SELECT jsonb_agg(attstattarget ORDER BY attnum) FROM pg_attribute WHERE attrelid = c.oid)",
    comment("c.oid", "pg_class"),
  )} FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours("n.nspname")}`,

  // the name of a constraint's own triggers holds a number that is new each time they are made
  `SELECT concat('trigger ', CASE WHEN t.tgisinternal THEN concat('of constraint ', quote_ident(k.conname), ' (',
       t.tgfoid::regproc, ')') ELSE quote_ident(t.tgname) END, ' on ', ${relation}) AS name, ${fact(
         "'definition', CASE WHEN NOT t.tgisinternal THEN pg_get_triggerdef(t.oid) END",
         "'enabled', t.tgenabled",
         comment("t.oid", "pg_trigger"),
       )}
   FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   LEFT JOIN pg_constraint k ON k.oid = t.tgconstraint WHERE ${ours("n.nspname")}`,

  `SELECT concat('event trigger ', quote_ident(evtname)) AS name,
     ${fact("'event', evtevent", "'function', evtfoid::regprocedure", "'enabled', evtenabled", "'tags', evttags")}
   FROM pg_event_trigger`,

  `SELECT concat('rule ', quote_ident(r.rulename), ' on ', ${relation}) AS name,
     ${fact("'definition', pg_get_ruledef(r.oid)", "'enabled', r.ev_enabled")}
   FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE ${ours("n.nspname")}`,

  `SELECT concat('policy ', quote_ident(p.polname), ' on ', ${relation}) AS name, ${fact(
    "'command', p.polcmd",
    "'permissive', p.polpermissive",
    "'roles', (SELECT jsonb_agg(CASE r WHEN 0 THEN 'public' ELSE pg_get_userbyid(r) END) FROM unnest(p.polroles) AS r)",
    "'using', pg_get_expr(p.polqual, p.polrelid)",
    "'check', pg_get_expr(p.polwithcheck, p.polrelid)",
  )} FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid`,

  `SELECT concat('function ', f.oid::regprocedure) AS name, ${fact(
    owner("f.proowner"),
    "'definition', CASE WHEN f.prokind IN ('f', 'p') THEN pg_get_functiondef(f.oid) END",
    comment("f.oid", "pg_proc"),
  )} FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE ${ours("n.nspname")}`,

  `SELECT concat('type ', t.oid::regtype) AS name, ${fact(
    owner("t.typowner"),
    "'kind', t.typtype",
    "'base', NULLIF(t.typbasetype, 0)::regtype",
    "'modifier', t.typtypmod",
    "'not null', t.typnotnull",
    "'default', t.typdefault",
    "'labels', (SELECT jsonb_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)",
    "'subtype', (SELECT rngsubtype::regtype FROM pg_range WHERE rngtypid = t.oid)",
    comment("t.oid", "pg_type"),
  )} FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') AND ${ours("n.nspname")}`,

  `SELECT concat('statistics ', quote_ident(n.nspname), '.', quote_ident(s.stxname)) AS name,
     pg_get_statisticsobjdef(s.oid) AS fact
   FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace`,

  `SELECT concat('extension ', quote_ident(extname)) AS name, extversion AS fact FROM pg_extension`,
];

/** What each role may do, by name: defaults that nobody wrote down count as if somebody had. */
const acls = `
  SELECT concat('table ', c.oid::regclass) AS object,
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)) AS acl
  ${fromClass} WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND ${ours("n.nspname")}
  UNION ALL SELECT concat('column ', c.oid::regclass, '.', quote_ident(a.attname)), a.attacl
  ${fromClass} JOIN pg_attribute a ON a.attrelid = c.oid WHERE a.attacl IS NOT NULL AND ${ours("n.nspname")}
  UNION ALL SELECT concat('schema ', quote_ident(nspname)), coalesce(nspacl, acldefault('n', nspowner))
  FROM pg_namespace WHERE ${ours("nspname")}
  UNION ALL SELECT concat('function ', f.oid::regprocedure), coalesce(proacl, acldefault('f', proowner))
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE ${ours("n.nspname")}
  UNION ALL SELECT concat('type ', t.oid::regtype), coalesce(typacl, acldefault('T', typowner))
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typtype IN ('e', 'd', 'r') AND ${ours("n.nspname")}
  UNION ALL SELECT concat('database ', quote_ident(datname)), coalesce(datacl, acldefault('d', datdba))
  FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT concat('whatever ', pg_get_userbyid(defaclrole), ' will make (', defaclobjtype, ') in ',
    coalesce(NULLIF(defaclnamespace, 0)::regnamespace::text, 'any schema')), defaclacl FROM pg_default_acl`;

const grants = (scope: Scope): string[] => [
  `SELECT concat('grant on ', o.object, ' to ', CASE g.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(g.grantee) END)
       AS name,
     string_agg(concat(g.privilege_type, CASE WHEN g.is_grantable THEN ' with grant option' END, ' by ',
       pg_get_userbyid(g.grantor)), ', ' ORDER BY g.privilege_type, g.grantor) AS fact
   FROM (${acls}) o, aclexplode(o.acl) g GROUP BY o.object, g.grantee`,

  `SELECT concat('role ', quote_ident(r.rolname)) AS name,
     concat(to_jsonb(r) - 'oid' - 'rolpassword', ' password ', md5(r.rolpassword), ' in ',
       (SELECT string_agg(concat(pg_get_userbyid(m.roleid), CASE WHEN m.admin_option THEN ' with admin option' END), ', '
         ORDER BY m.roleid) FROM pg_auth_members m WHERE m.member = r.oid)) AS fact
   FROM pg_authid r WHERE r.rolname !~ '^pg_' ${
     scope === "server"
       ? ""
       : `AND (r.rolname = current_user OR EXISTS (SELECT FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass
           AND d.refobjid = r.oid AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())))`
   }`,
];

const settings = (scope: Scope): string[] => [
  `SELECT concat('setting ', name) AS name, concat(setting, unit, ' (', source, ' ', sourcefile, ')',
     CASE WHEN pending_restart THEN ', waits for a restart' END) AS fact FROM pg_settings`,
  `SELECT concat('setting ', name, ' in ', sourcefile) AS name,
     string_agg(concat(setting, CASE WHEN NOT applied THEN ' not applied' END, error), '; ' ORDER BY seqno) AS fact
   FROM pg_file_settings GROUP BY name, sourcefile`,
  `SELECT 'file postgresql.auto.conf' AS name, pg_read_file('postgresql.auto.conf', 0, 1000000, true) AS fact`,
  `SELECT concat('settings of ', CASE s.setrole WHEN 0 THEN 'everybody' ELSE pg_get_userbyid(s.setrole) END, ' in ',
     coalesce(d.datname, 'any database')) AS name, s.setconfig::text AS fact
   FROM pg_db_role_setting s LEFT JOIN pg_database d ON d.oid = s.setdatabase
   ${scope === "server" ? "" : "WHERE d.datname IS NULL OR d.datname = current_database()"}`,
];

/** What lasts: the same whoever looks, until somebody changes it. */
export function stateQueries(scope: Scope): FactQuery[] {
  return [
    ...schema.map((sql) => ({ section: "schema" as const, sql })),
    ...grants(scope).map((sql) => ({ section: "grants" as const, sql })),
    ...settings(scope).map((sql) => ({ section: "settings" as const, sql })),
  ];
}

/** What is so at this moment: other clients' sessions, transactions and locks. The server's own helpers do not count. */
export function momentQueries(scope: Scope): FactQuery[] {
  const here = (condition: string) => (scope === "server" ? "" : `AND ${condition}`);
  return [
    {
      section: "sessions",
      sql: `SELECT concat('sessions of ', coalesce(NULLIF(application_name, ''), 'nobody in particular'), ' as ', usename,
            ', ', state) AS name, count(*)::text AS fact
          FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type IN ('client backend', 'walsender')
          ${here("datname = current_database()")} GROUP BY application_name, usename, state`,
    },
    {
      section: "sessions",
      sql: `SELECT concat('prepared transaction ', gid) AS name, concat('of ', owner, ' in ', database) AS fact
          FROM pg_prepared_xacts WHERE true ${here("database = current_database()")}`,
    },
    {
      section: "sessions",
      sql: `SELECT concat('replication slot ', slot_name) AS name, concat(slot_type, ', active: ', active) AS fact
          FROM pg_replication_slots WHERE true ${here("(database IS NULL OR database = current_database())")}`,
    },
    {
      section: "locks",
      sql: `SELECT concat(CASE l.locktype
              WHEN 'advisory' THEN concat('advisory lock ', l.classid, ' ', l.objid, ' ', l.objsubid, ', ')
              ELSE concat('lock on ', l.locktype, ' ', coalesce(l.relation::regclass::text,
                concat_ws(' ', l.classid::regclass, l.objid)), ', ') END,
              l.mode, ', ', CASE WHEN l.granted THEN 'held' ELSE 'waited for' END, ' by ',
              CASE WHEN l.pid IS NULL THEN 'a prepared transaction'
                ELSE coalesce(NULLIF(a.application_name, ''), 'nobody in particular') END) AS name,
              count(*)::text AS fact
          FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
          WHERE l.pid IS DISTINCT FROM pg_backend_pid() AND l.locktype NOT IN ('virtualxid', 'transactionid')
            AND (a.backend_type IS NULL OR a.backend_type = 'client backend')
            ${here("l.database = (SELECT oid FROM pg_database WHERE datname = current_database())")}
          GROUP BY 1`,
    },
  ];
}
