const due = new Map<object, () => void>();
let frame = 0;

/** Draws before one of the next frames, one chart in each, so that none of them is late. Only the newest of a chart counts. */
export function redraw(chart: object, draw: () => void): void {
  due.set(chart, draw);
  frame ||= requestAnimationFrame(drawOne);
}

export const forget = (chart: object): void => void due.delete(chart);

function drawOne(): void {
  for (const [chart, draw] of due) {
    due.delete(chart);
    draw();
    break;
  }
  frame = due.size > 0 ? requestAnimationFrame(drawOne) : 0;
}
