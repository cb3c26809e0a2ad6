// Which jobs are shown, and in what order.
import { isFiltered, NO_FILTER, SORT_FIELDS, type SortField, type SortOrder } from '../model/place';
import { RESULT_NAMES, RESULTS, STATE_MARKS, STATE_NAMES, STATES, type State } from '../model/job';
import { go, place } from '../state/place';
import { me, names } from '../state/session';
import { summary } from '../state/summary';
import { CheckMenu } from './check-menu';
import { MarkIcon } from './icons';
import { Search } from './search';
import { TypeMenu } from './type-menu';

const toggled = <T,>(values: readonly T[], value: T) =>
  values.includes(value) ? values.filter((each) => each !== value) : [...values, value];

function StateChip({ state }: { state: State }) {
  const chosen = place.value.filter.state;
  const count = summary.value?.states[state];
  return (
    <button
      type="button"
      class="chip"
      aria-pressed={chosen.includes(state)}
      onClick={() =>
        go({
          filter: {
            state: STATES.filter((each) => toggled(chosen, state).includes(each)),
          },
        })
      }
    >
      <MarkIcon mark={STATE_MARKS[state]} />
      {STATE_NAMES[state]}
      {count !== undefined && <span class="chip-count">{count}</span>}
    </button>
  );
}

function Owner() {
  const { user } = place.value.filter;
  const everybody = [...names.value].sort(([, a], [, b]) => (a < b ? -1 : 1));
  return (
    <select
      class={user ? 'set' : ''}
      aria-label="Owner"
      value={user}
      onChange={(event) => go({ filter: { user: event.currentTarget.value } })}
    >
      <option value="">Anyone’s</option>
      {everybody.map(([id, name]) => (
        <option key={id} value={id}>
          {id === me.value?.id ? `${name} (mine)` : name}
        </option>
      ))}
      {user && !names.value.has(user) && <option value={user}>{user.slice(0, 8)}</option>}
    </select>
  );
}

const ORDERS: Record<SortField, [string, string]> = {
  NAME: ['Name A–Z', 'Name Z–A'],
  TYPE: ['Type A–Z', 'Type Z–A'],
  START_DATE: ['Started first', 'Started last'],
  END_DATE: ['Ended first', 'Ended last'],
  STATE: ['State A–Z', 'State Z–A'],
  RESULT: ['Result A–Z', 'Result Z–A'],
};

function Order() {
  const { field, order } = place.value.sort;
  const choose = (value: string) => {
    const [chosen, direction] = value.split(' ') as [SortField | '', SortOrder];
    go({ sort: chosen ? { field: chosen, order: direction } : { order: 'DESC' } });
  };
  return (
    <select
      class={field ? 'set' : ''}
      aria-label="Order"
      value={field ? `${field} ${order}` : ''}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="">Newest first</option>
      {SORT_FIELDS.flatMap((each) =>
        (['ASC', 'DESC'] as const).map((direction, index) => (
          <option key={each + direction} value={`${each} ${direction}`}>
            {ORDERS[each][index]}
          </option>
        )),
      )}
    </select>
  );
}

export function Filters() {
  const { filter } = place.value;
  return (
    <div class="filters" role="search" aria-label="Filter jobs">
      <Search />
      <div class="chips" role="group" aria-label="State">
        {STATES.map((state) => (
          <StateChip key={state} state={state} />
        ))}
      </div>
      <div class="menus">
        <CheckMenu
          label="Result"
          options={RESULTS.map((value) => ({ value, label: RESULT_NAMES[value] }))}
          chosen={filter.result}
          onToggle={(value) => go({ filter: { result: toggled(filter.result, value) } })}
        />
        <TypeMenu />
        <Owner />
        <Order />
        {isFiltered(filter) && (
          <button type="button" class="quiet" onClick={() => go({ filter: NO_FILTER })}>
            Clear
          </button>
        )}
      </div>
    </div>
  );
}
