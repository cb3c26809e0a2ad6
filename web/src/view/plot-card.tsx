// A plot with its title; the charting library is loaded when the first one is shown.
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Plotted } from '../model/series';
import type { Drawing } from './plot';
import { useMedia } from './use-media';

export interface PlotProps {
  title: string;
  note: string;
  plotted: Plotted;
  colours?: string[]; // names of the theme's colours, one a line
  bars?: boolean;
  format?: (value: number) => string;
  steps?: number[]; // between the marks of the y axis, where decimal ones would not do
}

const COLOURS = ['line-1', 'line-2', 'line-3', 'line-4', 'line-5', 'line-6'];
const plain = (value: number) => String(Math.round(value * 100) / 100);

// For those who cannot see it: the whole of each line.
function describe({ title, plotted, format = plain }: PlotProps): string {
  const lines = plotted.lines.map(({ label, values }) => {
    const known = values.filter((value): value is number => value !== null);
    return `${label} up to ${format(Math.max(0, ...known))}`;
  });
  return `${title}: ${lines.join(', ') || 'nothing'}`;
}

function useDrawing(props: PlotProps) {
  const box = useRef<HTMLDivElement>(null);
  const drawing = useRef<Drawing>();
  const [failed, setFailed] = useState(false);
  const dark = useMedia('(prefers-color-scheme: dark)');
  const names = props.plotted.lines.map(({ label }) => label).join('\n');
  useEffect(() => {
    let wanted = true;
    import('./plot')
      .then(({ draw }) => {
        if (wanted)
          drawing.current = draw(box.current!, {
            colours: COLOURS,
            format: plain,
            ...props,
          });
      })
      .catch(() => setFailed(true));
    return () => {
      wanted = false;
      drawing.current?.destroy();
      drawing.current = undefined;
    };
  }, [names, dark]);
  useEffect(() => drawing.current?.update(props.plotted), [props.plotted]);
  return { box, failed };
}

export function PlotCard(props: PlotProps) {
  const { box, failed } = useDrawing(props);
  const empty = props.plotted.lines.every(({ values }) => values.every((value) => !value));
  return (
    <figure class="plot card">
      <figcaption>
        <strong>{props.title}</strong> <span class="muted">{props.note}</span>
      </figcaption>
      <div ref={box} class="plot-box" role="img" aria-label={describe(props)} />
      {empty && <p class="plot-empty muted">Nothing in this time.</p>}
      {failed && <p class="error">The plot could not be loaded.</p>}
    </figure>
  );
}
