// The columns of the list, and sorting by them.
import type { SortField } from '../model/place';
import { go, place } from '../state/place';

interface Column {
  class: string;
  label: string;
  field?: SortField | '';
}

const COLUMNS: Column[] = [
  { class: 'c-state', label: 'State', field: 'STATE' },
  { class: 'c-name', label: 'Name', field: 'NAME' },
  { class: 'c-type', label: 'Type', field: 'TYPE' },
  { class: 'c-progress', label: 'Progress' },
  { class: 'c-owner', label: 'Owner' },
  { class: 'c-created', label: 'Created', field: '' },
  { class: 'c-started', label: 'Started', field: 'START_DATE' },
  { class: 'c-ended', label: 'Ended', field: 'END_DATE' },
  { class: 'c-time', label: 'Run time' },
  { class: 'c-action', label: '' },
];

const DATES = ['START_DATE', 'END_DATE'];

// Texts begin with A, dates with the latest; a second click turns the order round. Newest first has no other way.
function sortBy(field: SortField | ''): void {
  const { sort } = place.value;
  if (field === '') go({ sort: { order: 'DESC' } });
  else if (sort.field === field)
    go({ sort: { field, order: sort.order === 'ASC' ? 'DESC' : 'ASC' } });
  else go({ sort: { field, order: DATES.includes(field) ? 'DESC' : 'ASC' } });
}

function Head({ column }: { column: Column }) {
  const { sort } = place.value;
  const active = column.field !== undefined && (sort.field ?? '') === column.field;
  const direction = sort.order === 'ASC' ? 'ascending' : 'descending';
  return (
    <span role="columnheader" class={column.class} aria-sort={active ? direction : undefined}>
      {column.field === undefined ? (
        column.label || <span class="unseen">Actions</span>
      ) : (
        <button type="button" class={active ? 'active' : ''} onClick={() => sortBy(column.field!)}>
          {column.label}
          <span aria-hidden="true" class="arrow">
            {active ? (sort.order === 'ASC' ? '↑' : '↓') : ''}
          </span>
        </button>
      )}
    </span>
  );
}

export function TableHead() {
  return (
    <div class="table-head" role="rowgroup">
      <div class="head-row" role="row" aria-rowindex={1}>
        {COLUMNS.map((column) => (
          <Head key={column.class} column={column} />
        ))}
      </div>
    </div>
  );
}
