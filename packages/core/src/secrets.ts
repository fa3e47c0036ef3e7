const secretKey = /pass(word|phrase|wd)?$|secret|token|api_?key|authorization|^pw$/i;
/** Up to the last @ before the path, as URLs are read; never across the end of a quoted text. Bounded, so that it is linear. */
const urlPassword = /([a-z][a-z0-9+.-]{0,30}:\/\/[^\s:/?#@"]*):([^\s/"<>]+)@/gi;
const urlQueryPassword = /([?&](?:password|sslpassword|token|api_?key)=)([^&\s#"']+)/gi;
const reference = /^\$\{[^}]*\}$/;

export const hidden = "***";

/** Whether a key by this name holds a secret, wherever it stands. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** Calls `replace` on every secret in a document's strings, passwords inside URLs included, and returns the new document. */
export function mapSecrets(value: unknown, replace: (secret: string) => string, key = ""): unknown {
  if (typeof value === "string") {
    if (isSecretKey(key)) return value === "" ? value : replace(value);
    return value
      .replace(urlPassword, (_, before: string, secret: string) => `${before}:${replace(secret)}@`)
      .replace(urlQueryPassword, (_, before: string, secret: string) => `${before}${replace(secret)}`);
  }
  if (Array.isArray(value)) return value.map((item) => mapSecrets(item, replace, key));
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, mapSecrets(v, replace, k)]));
  }
  return value;
}

/** Every secret in an expanded document, in the forms it may appear in: as written, and decoded from a URL. */
export function findSecrets(document: unknown): Set<string> {
  const found = new Set<string>();
  mapSecrets(document, (secret) => {
    if (!reference.test(secret)) {
      found.add(secret);
      try {
        found.add(decodeURIComponent(secret));
      } catch {
        // a stray % means it was not URL-encoded
      }
    }
    return secret;
  });
  return found;
}

/** Text in, the same text without secrets out. */
export type Redact = (text: string) => string;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * Hides known secrets and, known or not, the password part of any URL. A secret that is a common word ("pass") is hidden
 * only where it stands as a word of its own.
 */
export function redactor(secrets: Iterable<string>): Redact {
  const forms = new Set<string>();
  for (const secret of secrets) {
    if (secret.length === 0) continue;
    forms.add(secret);
    forms.add(encodeURIComponent(secret));
    forms.add(JSON.stringify(secret).slice(1, -1));
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length);
  const alternatives = longestFirst.map((form) =>
    form.length >= 8 || !/^\w+$/.test(form) ? escaped(form) : `(?<!\\w)${escaped(form)}(?!\\w)`,
  );
  const known = alternatives.length > 0 ? new RegExp(alternatives.join("|"), "g") : undefined;
  return (text) => {
    const hiddenUrls = text.replace(urlPassword, `$1:${hidden}@`).replace(urlQueryPassword, `$1${hidden}`);
    return known ? hiddenUrls.replace(known, hidden) : hiddenUrls;
  };
}

/** Redacts every string of a plain value, except under keys that hold our own fixed words. */
export function redactDeep<T>(value: T, redact: Redact, fixedKeys: ReadonlySet<string>): T {
  const walk = (item: unknown, key: string): unknown => {
    if (typeof item === "string") return fixedKeys.has(key) ? item : redact(item);
    if (Array.isArray(item)) return item.map((one) => walk(one, key));
    if (item !== null && typeof item === "object") {
      return Object.fromEntries(Object.entries(item).map(([k, v]) => [k, walk(v, k)]));
    }
    return item;
  };
  return walk(value, "") as T;
}
