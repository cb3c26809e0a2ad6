// Lets what is new in by itself while nobody is at the list: at its top, with neither pointer nor focus in its frame,
// of which the button that offers what is new is a part.
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { newsCount } from '../model/list';
import type { JobList } from '../state/jobs';

const CALM = 1000; // at most so often

export function useRest(frame: RefObject<HTMLElement>, jobs: JobList): void {
  const inside = useRef(false);
  useEffect(() => {
    const element = frame.current!;
    const enter = () => (inside.current = true);
    const leave = () => (inside.current = false);
    element.addEventListener('pointerenter', enter);
    element.addEventListener('pointerleave', leave);
    // Without a pointer that hovers nobody knows whether a finger is on its way.
    const hovers = matchMedia('(hover: hover)');
    const timer = setInterval(() => {
      const occupied =
        inside.current || element.contains(document.activeElement) || jobs.scrollTop > 0;
      if (hovers.matches && !occupied && newsCount(jobs.list.value) > 0) jobs.apply();
    }, CALM);
    return () => {
      clearInterval(timer);
      element.removeEventListener('pointerenter', enter);
      element.removeEventListener('pointerleave', leave);
    };
  }, [jobs]);
}
