import type { Finding } from "@chaos-agents/core";
import type { Setting } from "../schema.ts";
import { numberIn } from "./setting-value.ts";

type Reason = [pattern: RegExp, code: Finding["code"], reason: string];

const reasons: Reason[] = [
  [
    /^(offline_mode|require_secure_transport|init_connect|mandatory_roles|activate_all_roles_on_login|partial_revokes|authentication_policy|secure_auth|old_passwords|proxy_protocol_networks|strict_password_validation)$|^(admin_)?(ssl|tls)_/,
    "self-harm",
    "decides who may connect, and could shut us out with everybody else",
  ],
  [
    /^(foreign_key_checks|unique_checks|check_constraint_checks)$/,
    "unsupported",
    "turns off what keeps the data consistent: what others write meanwhile could not be put right",
  ],
  [
    /^(innodb_doublewrite|innodb_checksum_algorithm|innodb_flush_method)$/,
    "unsupported",
    "guards the data on disk: a crash meanwhile would damage what no undo brings back",
  ],
  [
    /^(gtid_|wsrep_|server_id$|server_uuid$)/,
    "unsupported",
    "is part of the server's identity or its place in the replication",
  ],
  [
    /_(now|abort)$|^innodb_monitor_|^debug/,
    "unsupported",
    "starts something rather than being a setting: it keeps no value to go back to",
  ],
];

/** Below these, the server would refuse or cut off our own way back. */
const least: Record<string, number> = {
  max_allowed_packet: 1_048_576,
  max_prepared_stmt_count: 1_000,
  max_execution_time: 100,
  max_statement_time: 0.1,
  max_connections: 20,
  max_user_connections: 20,
};
/** Where 0 means no limit. */
const limits = /^max_(execution_time|statement_time|user_connections)$/;

export function mysqlRefuses({ name }: Setting, value: string): Pick<Finding, "code" | "message"> | undefined {
  const known = reasons.find(([pattern]) => pattern.test(name));
  if (known) return { code: known[1], message: `${name} ${known[2]}` };
  const floor = least[name];
  const amount = numberIn(value);
  if (floor === undefined || amount === undefined || amount >= floor || (amount === 0 && limits.test(name))) {
    return undefined;
  }
  return { code: "self-harm", message: `${name} below ${floor} could keep us out, and with us the way back` };
}
