import type { Finding } from "@chaos-agents/core";
import type { Setting } from "../schema.ts";
import { settingValue } from "./setting-value.ts";

type Reason = [pattern: RegExp, code: Finding["code"], reason: string];

const reasons: Reason[] = [
  [
    /^(search_path|temp_tablespaces|(local|session|shared)_preload_libraries|unix_socket_directories)$/,
    "unsupported",
    "is a list of names, which ALTER SYSTEM writes its own way and could not put back exactly",
  ],
  [
    /^(ssl|krb_|gss_|ldap_|oauth_|db_user_namespace$)/,
    "self-harm",
    "decides who may connect, and could shut us out with everybody else",
  ],
  [
    /^(pre|post)_auth_delay$|^exit_on_error$/,
    "self-harm",
    "would hold up or end our own sessions as well, and the way back with them",
  ],
  [
    /^(fsync|full_page_writes|zero_damaged_pages|ignore_checksum_failure|ignore_system_indexes|wal_sync_method)$/,
    "unsupported",
    "guards the data on disk: a crash meanwhile would damage what no undo brings back",
  ],
  [
    /^(session_replication_role|allow_system_table_mods)$/,
    "unsupported",
    "turns off what keeps the data consistent: what others write meanwhile could not be put right",
  ],
  [
    /^(archive_command|archive_library|restore_command|archive_cleanup_command|recovery_end_command)$/,
    "unsupported",
    "runs programs on the server's machine, whose doings no undo takes back",
  ],
  [/^primary_conninfo$/, "unsupported", "may hold a password, which would stand in the journal"],
  [
    /^(transaction_(isolation|read_only|deferrable)|role|session_authorization|seed|allow_alter_system)$/,
    "unsupported",
    "cannot be set by ALTER SYSTEM",
  ],
];

/** Under these our own first statements might be cut off. */
const timeouts = /^(statement_timeout|transaction_timeout|idle_session_timeout)$/;
const shortestMs = 100;

export function postgresRefuses(setting: Setting, value: string): Pick<Finding, "code" | "message"> | undefined {
  const { name } = setting;
  const known = reasons.find(([pattern]) => pattern.test(name.toLowerCase()));
  if (known) return { code: known[1], message: `${name} ${known[2]}` };
  const parsed = settingValue(setting, value);
  if (timeouts.test(name) && "shown" in parsed && Number(parsed.shown) > 0 && Number(parsed.shown) < shortestMs) {
    return { code: "self-harm", message: `${name} below ${shortestMs} ms could cut off our own way back` };
  }
  return undefined;
}
