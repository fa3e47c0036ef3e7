-- Everything that defines the database, one line each, without numbers that differ between a database and its copy.
WITH ours AS (
  SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
), relations AS (
  SELECT class.*, format('%I.%I', nspname, relname) AS label FROM pg_class AS class JOIN ours ON ours.oid = relnamespace
)
SELECT format('schema %I owner %s acl %s', nspname, pg_get_userbyid(nspowner), nspacl) AS line
FROM pg_namespace JOIN ours USING (oid, nspname)
UNION ALL
SELECT format('relation %s kind %s owner %s acl %s options %s persistence %s rls %s/%s identity %s partition %s tablespace %s',
  label, relkind, pg_get_userbyid(relowner), relacl, reloptions, relpersistence, relrowsecurity, relforcerowsecurity,
  relreplident, pg_get_expr(relpartbound, oid), reltablespace)
FROM relations
UNION ALL
SELECT format('column %s.%I %s %s null %s default %s identity %s generated %s collation %s storage %s options %s acl %s', label,
  attname, attnum, format_type(atttypid, atttypmod), NOT attnotnull, pg_get_expr(adbin, adrelid), attidentity, attgenerated,
  attcollation, attstorage, attoptions, attacl)
FROM relations JOIN pg_attribute ON attrelid = relations.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attnum > 0 AND NOT attisdropped
UNION ALL
SELECT format('index %s: %s valid %s ready %s live %s clustered %s', label, pg_get_indexdef(indexrelid), indisvalid, indisready,
  indislive, indisclustered)
FROM relations JOIN pg_index ON indexrelid = relations.oid
UNION ALL
SELECT format('constraint %I on %s: %s validated %s enforced %s', conname, coalesce(label, contypid::regtype::text),
  pg_get_constraintdef(pg_constraint.oid), convalidated, conenforced)
FROM pg_constraint JOIN ours ON ours.oid = connamespace LEFT JOIN relations ON relations.oid = conrelid
UNION ALL
SELECT format('trigger %I on %s: %s enabled %s', tgname, label, pg_get_triggerdef(pg_trigger.oid), tgenabled)
FROM relations JOIN pg_trigger ON tgrelid = relations.oid WHERE NOT tgisinternal
UNION ALL
SELECT format('%s triggers of constraints on %s, enabled %s', count(*), label, tgenabled)
FROM relations JOIN pg_trigger ON tgrelid = relations.oid WHERE tgisinternal GROUP BY label, tgenabled
UNION ALL
SELECT format('rule on %s: %s', label, pg_get_ruledef(pg_rewrite.oid))
FROM relations JOIN pg_rewrite ON ev_class = relations.oid
UNION ALL
SELECT format('policy %I on %s: %s %s %s %s', polname, label, polcmd, polroles::regrole[], pg_get_expr(polqual, polrelid),
  pg_get_expr(polwithcheck, polrelid))
FROM relations JOIN pg_policy ON polrelid = relations.oid
UNION ALL
SELECT format('sequence %s: %s from %s by %s within %s to %s cache %s cycle %s', label, format_type(seqtypid, NULL), seqstart,
  seqincrement, seqmin, seqmax, seqcache, seqcycle)
FROM relations JOIN pg_sequence ON seqrelid = relations.oid
UNION ALL
SELECT format('statistics %s', pg_get_statisticsobjdef(pg_statistic_ext.oid))
FROM pg_statistic_ext JOIN ours ON ours.oid = stxnamespace
UNION ALL
SELECT format('routine %s acl %s: %s', pg_proc.oid::regprocedure, proacl,
  CASE WHEN prokind <> 'a' THEN pg_get_functiondef(pg_proc.oid) END)
FROM pg_proc JOIN ours ON ours.oid = pronamespace
UNION ALL
SELECT format('type %s kind %s owner %s acl %s labels %s', pg_type.oid::regtype, typtype, pg_get_userbyid(typowner), typacl,
  (SELECT array_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
FROM pg_type JOIN ours ON ours.oid = typnamespace
UNION ALL
SELECT format('comment on %s: %s', pg_describe_object(classoid, objoid, objsubid), description)
FROM pg_description WHERE objoid >= 16384
UNION ALL
SELECT format('extension %I %s', extname, extversion) FROM pg_extension
UNION ALL
SELECT format('event trigger %I on %s enabled %s', evtname, evtevent, evtenabled) FROM pg_event_trigger
UNION ALL
SELECT format('publication %I', pubname) FROM pg_publication
UNION ALL
SELECT format('large object %s', oid) FROM pg_largeobject_metadata
