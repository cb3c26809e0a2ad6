// The row the keyboard is at.
import { jobs } from '../state/jobs';

const tableOf = () => document.querySelector<HTMLElement>('.table');

export const selectedLink = (id: string) =>
  id
    ? (tableOf()?.querySelector<HTMLElement>(`[data-id="${id}"] .row-link`) ?? undefined)
    : undefined;

function rowHeight(): number {
  return document.querySelector<HTMLElement>('.row')?.offsetHeight ?? 34;
}

// Scrolls so far that the row is whole, below the head of the table.
function reveal(index: number): void {
  const table = tableOf();
  if (!table) return;
  const height = rowHeight();
  const head = table.querySelector<HTMLElement>('.table-head')?.offsetHeight ?? 0;
  const top = index * height;
  if (top < table.scrollTop) table.scrollTop = top;
  else if (top + height > table.scrollTop + table.clientHeight - head)
    table.scrollTop = top + height - table.clientHeight + head;
}

// The job so many rows further than `from`; none at either end.
export function neighbour(from: string, step: number) {
  const list = jobs.value?.list.value;
  const at = list?.at.get(from);
  return list?.rows[at === undefined ? 0 : at + step];
}

export function select(id: string): void {
  const list = jobs.value;
  const index = list?.list.value.at.get(id);
  if (!list || index === undefined) return;
  list.selected.value = id;
  reveal(index);
  requestAnimationFrame(() =>
    requestAnimationFrame(() => selectedLink(id)?.focus({ preventScroll: true })),
  );
}
