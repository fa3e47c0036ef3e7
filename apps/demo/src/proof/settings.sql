-- How the server is set, one line each, but for what a connection sets for itself.
SELECT format('%s = %s, from %s%s', name, setting, source, CASE WHEN pending_restart THEN ', waits for a restart' END) AS line
FROM pg_settings WHERE source NOT IN ('client', 'session')
UNION ALL
SELECT format('postgresql.auto.conf: %s', line)
FROM regexp_split_to_table(pg_read_file('postgresql.auto.conf'), E'\n') AS line WHERE line <> '' AND line !~ '^#'
UNION ALL
SELECT format('for %s in %s: %s', coalesce(nullif(setrole, 0)::regrole::text, 'all roles'), coalesce(datname, 'all databases'), setconfig)
FROM pg_db_role_setting LEFT JOIN pg_database ON pg_database.oid = setdatabase
UNION ALL
SELECT format('role %I super %s login %s limit %s memberships %s', rolname, rolsuper, rolcanlogin, rolconnlimit,
  (SELECT array_agg(roleid::regrole::text ORDER BY roleid) FROM pg_auth_members WHERE member = pg_roles.oid))
FROM pg_roles
UNION ALL
SELECT format('database %I owner %s acl %s limit %s open %s', datname, pg_get_userbyid(datdba), datacl, datconnlimit, datallowconn)
FROM pg_database WHERE datname = current_database()
