export type { NoticeLog } from "./courier.ts";
export { Notices, type NoticesOptions } from "./notices.ts";
export { noticeVariables, readNotices, type NoticeSettings } from "./notice-settings.ts";
