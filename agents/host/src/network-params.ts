import { isIP, isIPv4 } from "node:net";
import { durationSchema } from "@chaos-agents/core";
import { z } from "zod";

/** Address and prefix length of `10.0.0.0/8` or `10.0.0.1`; undefined when it is neither. */
export function parseNetwork(text: string): { address: string; prefix: number; family: 4 | 6 } | undefined {
  const [, address, length] = /^([\d.]+|[\da-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  if (address === undefined || isIP(address) === 0) return undefined;
  const family = isIPv4(address) ? 4 : 6;
  const longest = family === 4 ? 32 : 128;
  const prefix = length === undefined ? longest : Number(length);
  return prefix <= longest ? { address, prefix, family } : undefined;
}

export const addressSchema = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined && !text.includes("/"), "write an IPv4 or IPv6 address");

const networkSchema = z
  .string()
  .refine((text) => parseNetwork(text) !== undefined, "write an address like 10.0.0.5, or a network like 10.0.0.0/24");
export const peersSchema = z.array(networkSchema).max(16);

export const portsSchema = z.array(z.int().min(1).max(65_535)).max(8);

export const interfaceSchema = z.string().regex(/^(?!-)[\w.-]{1,15}$/, "write the name of an interface, like eth0");

/** A share that is more than nothing: a number of percent. */
export const shareSchema = z
  .string()
  .regex(/^(?:100|\d{1,2}(?:\.\d{1,3})?)%$/, "write a share like 5% or 0.1%")
  .refine((text) => Number.parseFloat(text) > 0, "a share of nothing changes nothing");

/** How long a packet is kept: a duration of at most a minute, more than nothing. */
export const packetTimeSchema = durationSchema.refine(
  (ms) => ms > 0 && ms <= 60_000,
  "a packet can be kept for at most one minute, and more than 0s",
);

/** As tc reads it. */
export const micros = (ms: number) => `${Math.max(1, Math.round(ms * 1_000))}us`;

const label = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
export const hostnameSchema = z
  .string()
  .max(253)
  .regex(new RegExp(`^${label}(?:\\.${label})*$`, "i"), "write a host name like db.internal")
  .refine((name) => !/(?:^|\.)(?:\d+|0x[\da-f]*)$/i.test(name), "this is an address; write a host name");
