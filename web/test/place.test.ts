// The query string as the page's state.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  filterQuery,
  findQuery,
  isFiltered,
  NO_FILTER,
  placeHref,
  readPlace,
} from '../src/model/place';

const USER = '019ab1c0-1111-7222-8333-444455556666';

test('nothing said is the plain list, and says nothing', () => {
  const place = readPlace('');
  assert.deepEqual(place, {
    view: 'jobs',
    job: '',
    filter: NO_FILTER,
    sort: { order: 'DESC' },
    hours: 24,
  });
  assert.equal(placeHref(place), '?');
  assert.equal(isFiltered(place.filter), false);
});

test('every part survives the way through the address', () => {
  const all = `?name=a%26b+%C3%A9&state=RUNNING&state=FAILED&result=ABORTED&type=A+B&type=C&user=${USER}&sortField=NAME&sortOrder=ASC&job=${USER}`;
  const place = readPlace(all);
  assert.equal(place.filter.name, 'a&b é');
  assert.deepEqual(place.filter.type, ['A B', 'C']);
  assert.equal(placeHref(place), all);
  assert.deepEqual(readPlace(placeHref(place)), place);
});

test('defaults are left out', () => {
  assert.equal(
    placeHref(readPlace('?view=jobs&hours=24&sortOrder=DESC&sortField=NAME')),
    '?sortField=NAME',
  );
  assert.equal(placeHref(readPlace('?view=overview&hours=24')), '?view=overview');
  assert.equal(placeHref(readPlace('?view=overview&hours=168')), '?view=overview&hours=168');
});

test('what is no value of ours counts as not said', () => {
  const place = readPlace(
    '?state=BUSY&state=RUNNING&result=&user=me&job=1&sortField=SIZE&sortOrder=ASC&hours=5&type=&x=1',
  );
  assert.equal(placeHref(place), '?state=RUNNING');
});

test('states keep one order, however they were chosen, and none twice', () => {
  assert.equal(
    placeHref(readPlace('?state=FAILED&state=WAITING&state=FAILED')),
    '?state=WAITING&state=FAILED',
  );
});

test('the feed is asked for the filter alone, find for its order as well', () => {
  const { filter, sort } = readPlace('?name=x&sortField=END_DATE&sortOrder=DESC');
  assert.equal(filterQuery(filter), 'name=x');
  assert.equal(findQuery(filter, sort), 'name=x&sortField=END_DATE');
});
