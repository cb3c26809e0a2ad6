// Which rows of a long list are near the screen.
import type { RefObject } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

const MARGIN = 12; // rows beyond either edge
const STEP = 6; // the window moves by so many rows at a time

export interface Window {
  first: number;
  last: number; // one past the end
}

function windowOf(element: HTMLElement, height: number): Window {
  const top = Math.floor(element.scrollTop / height / STEP) * STEP;
  const rows = Math.ceil(element.clientHeight / height / STEP) * STEP;
  return { first: Math.max(0, top - MARGIN), last: top + rows + MARGIN + STEP };
}

export function useWindow(scroller: RefObject<HTMLElement>, height: number): Window {
  const [window, setWindow] = useState<Window>({ first: 0, last: 60 });
  useLayoutEffect(() => {
    const element = scroller.current!;
    const measure = () =>
      setWindow((before) => {
        const next = windowOf(element, height);
        return next.first === before.first && next.last === before.last ? before : next;
      });
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [height]);
  return window;
}
