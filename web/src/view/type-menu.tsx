// The filter by type: the busy ones, those on the screen, and whatever is typed.
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { getStatistics } from '../api/jobs';
import { jobs } from '../state/jobs';
import { go, place } from '../state/place';
import { CheckMenu } from './check-menu';

const MONTH = 744;
const busy = signal<string[]>([]);

async function learn(signal: AbortSignal): Promise<void> {
  const { types } = await getStatistics(MONTH, signal);
  busy.value = types.map(({ type }) => type).filter((type) => type !== '');
}

function knownTypes(): string[] {
  const shown = jobs.value?.list.value.rows.slice(0, 200).map(({ type }) => type) ?? [];
  return [...new Set([...place.value.filter.type, ...busy.value, ...shown])].sort();
}

export function TypeMenu() {
  const chosen = place.value.filter.type;
  const other = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const abort = new AbortController();
    learn(abort.signal).catch(() => {});
    return () => abort.abort();
  }, []);
  const toggle = (type: string) =>
    go({
      filter: {
        type: chosen.includes(type) ? chosen.filter((each) => each !== type) : [...chosen, type],
      },
    });
  const add = (event: Event) => {
    event.preventDefault();
    const type = other.current!.value.trim();
    if (type && !chosen.includes(type)) toggle(type);
    other.current!.value = '';
  };
  return (
    <CheckMenu
      label="Type"
      options={knownTypes().map((type) => ({ value: type, label: type }))}
      chosen={chosen}
      onToggle={toggle}
    >
      <form class="other" onSubmit={add}>
        <input
          ref={other}
          aria-label="Another type"
          placeholder="Another type…"
          maxLength={255}
          spellcheck={false}
        />
      </form>
    </CheckMenu>
  );
}
