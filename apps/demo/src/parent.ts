/** The other end of a child: says something to the process that started us, while it lives. */
export function tellParent(word: object): void {
  if (process.connected) process.send!(word);
}

/** Calls `leave` when the process that started us is gone, however it went. */
export function whenParentEnds(leave: () => void): void {
  if (process.connected) process.once("disconnect", leave);
  else leave();
}
