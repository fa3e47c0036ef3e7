import { type RefObject, useLayoutEffect, useState } from "react";

/** How wide an element is, in pixels, also after it has changed. */
export function useWidth(element: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const look = () => setWidth(current.clientWidth);
    look();
    const resizing = new ResizeObserver(look);
    resizing.observe(current);
    return () => resizing.disconnect();
  }, [element]);
  return width;
}
