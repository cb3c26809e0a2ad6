// A link to another place of the page: an address to copy or open elsewhere, without loading anything anew.
import type { ComponentChildren, JSX } from 'preact';
import { go, hrefTo, type Step } from '../state/place';

interface Props extends Omit<JSX.HTMLAttributes<HTMLAnchorElement>, 'href'> {
  to: Step;
  children: ComponentChildren;
}

const isPlain = (event: MouseEvent) =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;

export function Link({ to, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (!isPlain(event)) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a {...rest} href={hrefTo(to)} onClick={follow}>
      {children}
    </a>
  );
}
