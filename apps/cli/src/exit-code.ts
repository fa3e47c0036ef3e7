/** From harmless to worst; see `chaos help exit-codes`. */
const ranking = [0, 2, 1, 3, 5, 130, 4];

/** The exit code that stands for several. */
export function worstOf(codes: readonly number[]): number {
  return codes.reduce((worst, code) => (ranking.indexOf(code) > ranking.indexOf(worst) ? code : worst), 0);
}
