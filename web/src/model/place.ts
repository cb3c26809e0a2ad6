// Where the reader is, as the query string of the page: the Job API's own parameters, defaults left out.
import { RESULTS, STATES, type Result, type State } from './job';

export const SORT_FIELDS = ['NAME', 'TYPE', 'START_DATE', 'END_DATE', 'STATE', 'RESULT'] as const;
export type SortField = (typeof SORT_FIELDS)[number];
export type SortOrder = 'ASC' | 'DESC';

export interface Filter {
  name: string;
  state: State[];
  result: Result[];
  type: string[];
  user: string;
}

// Without a field: newest first.
export interface Sort {
  field?: SortField;
  order: SortOrder;
}

export interface Place {
  view: 'jobs' | 'overview';
  job: string;
  filter: Filter;
  sort: Sort;
  hours: number;
}

export const SPANS = [1, 24, 168, 744];
const STANDARD_SPAN = 24;
export const NO_FILTER: Filter = { name: '', state: [], result: [], type: [], user: '' };
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const uuidOr = (text: string | null) => (text && UUID.test(text) ? text.toLowerCase() : '');
const unique = (values: string[]) => [...new Set(values.filter((value) => value !== ''))];

function among<T extends string>(all: readonly T[], values: string[]): T[] {
  return all.filter((value) => values.includes(value));
}

function readSort(query: URLSearchParams): Sort {
  const [field] = among(SORT_FIELDS, [query.get('sortField') ?? '']);
  return field
    ? { field, order: query.get('sortOrder') === 'ASC' ? 'ASC' : 'DESC' }
    : { order: 'DESC' };
}

// Whatever the address says that is none of ours, or is no such value, counts as not said.
export function readPlace(search: string): Place {
  const query = new URLSearchParams(search);
  const hours = Number(query.get('hours'));
  return {
    view: query.get('view') === 'overview' ? 'overview' : 'jobs',
    job: uuidOr(query.get('job')),
    filter: {
      name: query.get('name') ?? '',
      state: among(STATES, query.getAll('state')),
      result: among(RESULTS, query.getAll('result')),
      type: unique(query.getAll('type')),
      user: uuidOr(query.get('user')),
    },
    sort: readSort(query),
    hours: SPANS.includes(hours) ? hours : STANDARD_SPAN,
  };
}

function addFilter(query: URLSearchParams, filter: Filter): void {
  if (filter.name) query.set('name', filter.name);
  for (const key of ['state', 'result', 'type'] as const) {
    for (const value of filter[key]) query.append(key, value);
  }
  if (filter.user) query.set('user', filter.user);
}

// The filter alone: what the change feed is asked.
export function filterQuery(filter: Filter): string {
  const query = new URLSearchParams();
  addFilter(query, filter);
  return query.toString();
}

// Filter and order: what find is asked.
export function findQuery(filter: Filter, sort: Sort): string {
  const query = new URLSearchParams();
  addFilter(query, filter);
  if (sort.field) {
    query.set('sortField', sort.field);
    if (sort.order === 'ASC') query.set('sortOrder', 'ASC');
  }
  return query.toString();
}

// A relative address: '?…', or '?' alone for the plain list.
export function placeHref(place: Place): string {
  const query = new URLSearchParams(findQuery(place.filter, place.sort));
  if (place.view === 'overview') {
    query.set('view', 'overview');
    if (place.hours !== STANDARD_SPAN) query.set('hours', String(place.hours));
  }
  if (place.job) query.set('job', place.job);
  return `?${query}`;
}

export const isFiltered = (filter: Filter) => filterQuery(filter) !== '';
