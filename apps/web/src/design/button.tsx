import type { ComponentProps } from "react";

const looks = {
  primary: "bg-ink text-paper hover:opacity-88 border-transparent",
  quiet: "bg-card text-ink border-line hover:border-edge",
  bare: "bg-transparent text-soft border-transparent hover:text-ink hover:bg-well",
  danger: "bg-stop text-white border-transparent hover:bg-stop-deep",
} as const;

export type ButtonLook = keyof typeof looks;

/** How a button looks, also where a link is to look like one. */
export const buttonClass = (look: ButtonLook = "quiet") =>
  `inline-flex min-h-9 items-center justify-center gap-1.5 rounded-md border px-3 py-1 text-sm font-medium whitespace-nowrap transition-[opacity,border-color,background-color] disabled:cursor-not-allowed disabled:opacity-50 ${looks[look]}`;

export function Button({
  look = "quiet",
  className = "",
  type = "button",
  ...rest
}: ComponentProps<"button"> & { look?: ButtonLook }) {
  return <button type={type} className={`${buttonClass(look)} ${className}`} {...rest} />;
}
