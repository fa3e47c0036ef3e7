import { cut, json, type Receiver } from "../receiver.ts";

const plain = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/**
 * Grafana's annotations of an organisation, shown on any dashboard that asks for the tag `chaos`. What has a beginning and
 * an end becomes a region once it has ended; what stands has a mark of its own from its beginning on.
 */
export function grafana({ url, token }: { url: string; token: string }): Receiver {
  return {
    name: "grafana",
    secrets: [token],
    wants: () => true,
    request({ kind, at, since, title, text, link, experiment, fault, verdict, host }) {
      const tags = ["chaos", kind, `experiment:${experiment}`, `host:${host}`];
      if (fault) tags.push(`skill:${fault.skill}`);
      if (verdict) tags.push(`verdict:${verdict}`);
      const lines = [plain(title), plain(text), link === null ? "" : `<a href="${encodeURI(link)}">run</a>`];
      const body = {
        time: since ?? at,
        ...(since !== null && { timeEnd: at }),
        tags: tags.map((tag) => cut(tag, 100)),
        text: lines.filter((line) => line !== "").join("\n"),
      };
      const headers = { ...json, authorization: `Bearer ${token}` };
      return { url: `${url}/api/annotations`, headers, body: JSON.stringify(body) };
    },
  };
}
