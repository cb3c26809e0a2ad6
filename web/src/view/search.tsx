// Searching jobs by name as it is typed.
import { useEffect, useRef, useState } from 'preact/hooks';
import { go, place } from '../state/place';
import { SearchIcon } from './icons';

const PAUSE = 250;

export function Search() {
  const { name } = place.value.filter;
  const [text, setText] = useState(name);
  const input = useRef<HTMLInputElement>(null);

  // Going back, or clearing, changes what is in the field, unless somebody is writing there.
  useEffect(() => setText(name), [name]);

  useEffect(() => {
    if (text === place.value.filter.name) return undefined;
    const replace = place.value.filter.name !== '';
    const timer = setTimeout(() => go({ filter: { name: text } }, { replace }), PAUSE);
    return () => clearTimeout(timer);
  }, [text]);

  return (
    <label class="search">
      <SearchIcon />
      <input
        ref={input}
        id="search"
        type="search"
        aria-label="Search by name"
        placeholder="Search by name"
        maxLength={2000}
        value={text}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && input.current?.blur()}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
