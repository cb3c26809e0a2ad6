// Where the reader is, kept in step with the address bar.
import { signal } from '@preact/signals';
import { placeHref, readPlace, type Filter, type Place } from '../model/place';

export const place = signal<Place>(readPlace(location.search));

addEventListener('popstate', () => {
  place.value = readPlace(location.search);
});

export type Step = Partial<Omit<Place, 'filter'>> & { filter?: Partial<Filter> };

export function stepFrom(from: Place, step: Step): Place {
  return { ...from, ...step, filter: { ...from.filter, ...step.filter } };
}

export const hrefTo = (step: Step) => placeHref(stepFrom(place.value, step));

// A step back leads here again, unless the step replaces the place (as each further letter of a search does).
export function go(step: Step, { replace = false } = {}): void {
  const next = stepFrom(place.value, step);
  const href = placeHref(next);
  if (href === placeHref(place.value)) return;
  const address = href === '?' ? location.pathname : href;
  if (replace) history.replaceState(null, '', address);
  else history.pushState(null, '', address);
  place.value = next;
}
