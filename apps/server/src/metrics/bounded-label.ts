const longest = 120;

/** Names that people choose, as label values: so many and no more, or Prometheus would drown in series. */
export class BoundedLabel {
  readonly #names = new Set<string>();
  readonly #most: number;

  constructor(most: number) {
    this.#most = most;
  }

  of(name: string): string {
    const label = name.slice(0, longest);
    if (this.#names.has(label)) return label;
    if (this.#names.size >= this.#most) return "other";
    this.#names.add(label);
    return label;
  }
}
