// C0 and C1 controls but tab and newline, and what reorders or hides text around it: a name must not speak to a terminal.
const unseen =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]/g;

/** Text from elsewhere with nothing in it that acts instead of being seen; each such character shows as U+FFFD. */
export const visible = (text: string) => text.toWellFormed().replace(unseen, "\ufffd");

/** The same, on one line. */
export const oneLine = (text: string) => visible(text).replace(/\s+/g, " ").trim();
