export type { NoticeLog } from "./courier.ts";
export { Notices, type NoticesOptions } from "./notices.ts";
export { readNotices, type NoticeSettings } from "./notice-settings.ts";
