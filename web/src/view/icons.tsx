// The signs of the page, drawn: each state has a shape of its own, not only a colour.
import type { ComponentChildren } from 'preact';
import type { Mark } from '../model/job';

function Icon({ children, class: name = '' }: { children: ComponentChildren; class?: string }) {
  return (
    <svg class={`icon ${name}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const MARKS: Record<Mark, ComponentChildren> = {
  waiting: <circle cx="8" cy="8" r="5.25" class="line" stroke-dasharray="1.6 2.52" />,
  running: [
    <circle cx="8" cy="8" r="5.25" class="line" />,
    <path d="M6.6 5.4v5.2L10.8 8z" class="fill" />,
  ],
  stalled: [
    <path d="M8 2.2 14.4 13.3H1.6z" class="line" />,
    <path d="M8 6.4v3.2M8 11.3v.1" class="line" />,
  ],
  done: [
    <circle cx="8" cy="8" r="6" class="fill" />,
    <path d="m5.2 8.2 2 2 3.7-4.2" class="cut" />,
  ],
  flawed: [
    <circle cx="8" cy="8" r="6" class="fill" />,
    <path d="M8 4.8v3.9M8 11v.1" class="cut" />,
  ],
  aborted: [
    <circle cx="8" cy="8" r="5.25" class="line" />,
    <path d="M5.8 5.8h4.4v4.4H5.8z" class="fill" />,
  ],
  failed: [
    <circle cx="8" cy="8" r="6" class="fill" />,
    <path d="m5.7 5.7 4.6 4.6m0-4.6-4.6 4.6" class="cut" />,
  ],
  deleted: [<circle cx="8" cy="8" r="5.25" class="line" />, <path d="M5.4 8h5.2" class="line" />],
};

export function MarkIcon({ mark }: { mark: Mark }) {
  return <Icon class={`mark ${mark}`}>{MARKS[mark]}</Icon>;
}

const line = (d: string) => () => (
  <Icon>
    <path d={d} class="line" />
  </Icon>
);

export const SearchIcon = line('M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9Zm3.3 7.8 3.2 3.2');
export const TrashIcon = line(
  'M2.8 4.4h10.4M6.2 4.2V2.6h3.6v1.6M4.2 4.6l.6 8.8h6.4l.6-8.8M6.7 7v4M9.3 7v4',
);
export const PauseIcon = line('M5.6 3.4v9.2M10.4 3.4v9.2');
export const PlayIcon = line('M5 3.2v9.6L12.6 8z');
export const BackIcon = line('M9.8 3.2 5 8l4.8 4.8');
export const CopyIcon = line('M5.4 5.4V2.8h7.8v7.8h-2.6M2.8 5.4h7.8v7.8H2.8z');
export const DownloadIcon = line('M8 2.6v7.2M4.8 6.8 8 10l3.2-3.2M2.8 13.2h10.4');
export const UpIcon = line('M8 13V3.4M4 7.2l4-4 4 4');
export const CloseIcon = line('m4 4 8 8m0-8-8 8');
export const ChevronIcon = line('m4.4 6.4 3.6 3.6 3.6-3.6');
