/** The user a server runs as, when that is not ours. */
export interface ServiceUser {
  uid: number;
  gid: number;
}

export interface KeeperTask {
  parent: string;
  prefix: string;
  user: ServiceUser | undefined;
}

export interface KeeperOrder {
  order: number;
  command: string;
  args: string[];
  env: Record<string, string>;
  log: string;
  /** How it is ended when its owner goes away. */
  endWith: NodeJS.Signals;
}

export type KeeperNews =
  | { kind: "ready"; directory: string }
  | { kind: "started"; order: number; pid: number }
  | { kind: "refused"; order: number; reason: string }
  | { kind: "exited"; order: number; code: number | null; signal: NodeJS.Signals | null };
