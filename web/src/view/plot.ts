// Draws a plot with uPlot, in the theme's colours, as wide as there is room.
import uPlot from 'uplot';
import { lone, type Plotted } from '../model/series';
import type { PlotProps } from './plot-card';

// What a plot needs, with all that may be left out.
type Drawn = PlotProps & Required<Pick<PlotProps, 'colours' | 'format'>>;

export interface Drawing {
  update(plotted: Plotted): void;
  destroy(): void;
}

const HEIGHT = 190;
const moment = uPlot.fmtDate('{D} {MMM} {HH}:{mm}');

// A canvas wants colours as they are, not as the style sheet calls them.
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(--${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

const faint = (colour: string) => colour.replace('rgb(', 'rgba(').replace(')', ', 0.22)');

const dataOf = ({ xs, lines }: Plotted) =>
  [xs, ...lines.map(({ values }) => values)] as uPlot.AlignedData;

// Every value where there is room for points; else those that no line shows (null stands for all).
const pointsShown: uPlot.Series.Points.Filter = (plot, index, room) =>
  room ? null : lone(plot.data[index] as (number | null)[]);

function seriesOf(box: HTMLElement, { plotted, colours, bars, format }: Drawn): uPlot.Series[] {
  const lines = plotted.lines.map(({ label }, index): uPlot.Series => {
    const stroke = colourOf(box, colours[index % colours.length]!);
    return {
      label,
      stroke,
      width: bars ? 1 : 1.75,
      value: (_, value: number | null) => (value === null ? '' : format(value)),
      points: { size: 4, filter: pointsShown },
      ...(bars
        ? {
            fill: faint(stroke),
            paths: uPlot.paths.stepped!({ align: 1 }),
            points: { show: false },
          }
        : {}),
    };
  });
  const value: uPlot.Series.Value = (_, time: number | null) =>
    time === null ? '' : moment(new Date(time * 1000));
  return [{ label: 'Time', value }, ...lines];
}

function axesOf(box: HTMLElement, { format, steps }: Drawn): uPlot.Axis[] {
  const stroke = colourOf(box, 'muted');
  const grid = { stroke: colourOf(box, 'border'), width: 1 };
  const shared = { stroke, grid, ticks: { show: false }, font: '12px system-ui, sans-serif' };
  return [
    { ...shared, grid: { show: false }, space: 56 },
    {
      ...shared,
      size: 58,
      values: (_, values) => values.map((value) => (value === 0 ? '0' : format(value))),
      ...(steps ? { incrs: steps } : {}),
    },
  ];
}

const CLOCK = '{HH}:{mm}';
const timeAxis = [
  [86400, '{D} {MMM}', null, null, null, null, null, null, 1],
  [60, CLOCK, '\n{D} {MMM}', null, '\n{D} {MMM}', null, null, null, 1],
];

// The library's own legend stands below: it names the lines, says their values and hides them by a click.
export function draw(box: HTMLElement, props: Drawn): Drawing {
  const axes = axesOf(box, props);
  const series = seriesOf(box, props);
  const plot = new uPlot(
    {
      width: box.clientWidth,
      height: HEIGHT,
      series,
      axes: [{ ...axes[0], values: timeAxis as uPlot.Axis.Values }, axes[1]!],
      scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
      cursor: { y: false, points: { size: 6 } },
      padding: [10, 22, 0, 0],
      legend: { markers: { width: 0, fill: (_, index) => series[index]!.stroke as string } },
    },
    dataOf(props.plotted),
    box,
  );
  const observer = new ResizeObserver(() =>
    plot.setSize({ width: box.clientWidth, height: HEIGHT }),
  );
  observer.observe(box);
  return {
    update: (plotted) => plot.setData(dataOf(plotted)),
    destroy() {
      observer.disconnect();
      plot.destroy();
    },
  };
}
