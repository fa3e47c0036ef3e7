import type { Severity } from "../notice.ts";
import { cut, json, type Receiver, secretsOfUrl } from "../receiver.ts";

const signs: Record<Severity, string> = {
  info: ":information_source:",
  success: ":white_check_mark:",
  warning: ":warning:",
  critical: ":rotating_light:",
};

/** The three characters that Slack reads as markup; all else of a name stays as it is. */
const plain = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Slack's incoming webhooks, and whatever else takes their messages. A section holds 3,000 characters at most. */
export function slack({ url }: { url: string }): Receiver {
  return {
    name: "slack",
    secrets: secretsOfUrl(url),
    wants: () => true,
    request({ severity, title, text, link, run, host }) {
      const shown = plain(cut(title, 300));
      const heading = link === null ? `*${shown}*` : `<${link}|*${shown}*>`;
      const section = `${signs[severity]} ${heading}${text === "" ? "" : `\n${plain(cut(text, 1_000))}`}`;
      const about = [{ type: "plain_text", text: cut(`${host} · run ${run}`, 300) }];
      const blocks = [
        { type: "section", text: { type: "mrkdwn", text: cut(section, 3_000).replace(/&\w{0,3}…$/, "…") } },
        { type: "context", elements: about },
      ];
      return { url, headers: json, body: JSON.stringify({ text: `${signs[severity]} ${shown}`, blocks }) };
    },
  };
}
