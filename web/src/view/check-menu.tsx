// A menu of things to tick, that closes by itself.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { ChevronIcon } from './icons';

interface Props<T extends string> {
  label: string;
  options: { value: T; label: string }[];
  chosen: readonly T[];
  onToggle: (value: T) => void;
  children?: ComponentChildren;
}

function useClosing(menu: { current: HTMLDetailsElement | null }): void {
  useEffect(() => {
    const close = (event: Event) => {
      const element = menu.current;
      if (!element?.open) return;
      const escaped = event instanceof KeyboardEvent && event.key === 'Escape';
      if (escaped) {
        element.querySelector('summary')?.focus();
        event.stopPropagation();
      }
      if (escaped || (event.type === 'pointerdown' && !element.contains(event.target as Node)))
        element.open = false;
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close, true);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close, true);
    };
  }, []);
}

export function CheckMenu<T extends string>({
  label,
  options,
  chosen,
  onToggle,
  children,
}: Props<T>) {
  const menu = useRef<HTMLDetailsElement>(null);
  useClosing(menu);
  const [only] = chosen;
  const title =
    chosen.length === 1 ? (options.find(({ value }) => value === only)?.label ?? only) : label;
  return (
    <details class="menu" ref={menu}>
      <summary class={chosen.length > 0 ? 'set' : ''}>
        {chosen.length > 1 ? `${label}: ${chosen.length}` : title}
        <ChevronIcon />
      </summary>
      <fieldset class="menu-panel">
        <legend class="unseen">{label}</legend>
        {options.map(({ value, label: text }) => (
          <label key={value} class="tick">
            <input
              type="checkbox"
              checked={chosen.includes(value)}
              onChange={() => onToggle(value)}
            />
            {text}
          </label>
        ))}
        {children}
      </fieldset>
    </details>
  );
}
