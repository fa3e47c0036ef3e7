const budgetMs = 5;
const due = new Map<object, () => void>();
let frame = 0;

/** Draws before one of the next frames, a few charts in each, so that none of them is late. Only the newest of a chart counts. */
export function redraw(chart: object, draw: () => void): void {
  due.set(chart, draw);
  frame ||= requestAnimationFrame(drawSome);
}

export const forget = (chart: object): void => void due.delete(chart);

function drawSome(): void {
  const started = performance.now();
  for (const [chart, draw] of due) {
    due.delete(chart);
    draw();
    if (performance.now() - started > budgetMs) break;
  }
  frame = due.size > 0 ? requestAnimationFrame(drawSome) : 0;
}
