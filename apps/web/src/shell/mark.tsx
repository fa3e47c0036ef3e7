/** A pulse with one beat out of line. */
export const Mark = () => (
  <svg viewBox="0 0 32 32" aria-hidden className="size-8 shrink-0">
    <rect width="32" height="32" rx="8" className="fill-ink" />
    <path
      d="M6 17h5l3-9 4 16 3-7h5"
      fill="none"
      strokeWidth="2.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      className="stroke-bite"
    />
  </svg>
);
