// What the plots show, in figures, a line for each type.
import { formatDuration } from '../model/format';
import { NO_FILTER, SPANS } from '../model/place';
import { byType, type Statistics } from '../model/series';
import { Link } from './link';

const share = (part: number, whole: number) =>
  part === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;

export function TypeTable({ statistics }: { statistics: Statistics }) {
  const rows = byType(statistics);
  const named = new Set(statistics.types.map(({ type }) => type));
  if (rows.length === 0) return null;
  return (
    <div class="card type-table">
      <table>
        <caption class="unseen">Ended jobs by type</caption>
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col">Ended</th>
            <th scope="col">Failed</th>
            <th scope="col">Failed, share</th>
            <th scope="col">Mean run time</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ type, ended, failed, mean }) => (
            <tr key={type}>
              <th scope="row">
                {named.has(type) ? (
                  <Link
                    to={{
                      view: 'jobs',
                      hours: SPANS[1]!,
                      filter: { ...NO_FILTER, type: [type] },
                    }}
                  >
                    {type}
                  </Link>
                ) : (
                  type
                )}
              </th>
              <td>{ended}</td>
              <td>{failed || '–'}</td>
              <td>{share(failed, ended)}</td>
              <td>{formatDuration(mean)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
