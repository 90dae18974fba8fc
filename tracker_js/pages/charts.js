// Draws every plot of a page from the JSON beside it. Canvas and rich-text tooltips, because our
// Content-Security-Policy refuses the style attributes that the SVG renderer and HTML tooltips write.
import { BarChart, LineChart, SankeyChart } from 'echarts/charts';
import { GridSimpleComponent, LegendScrollComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { flowOptions, flowSize } from './charts/flow.js';
import { seriesOptions } from './charts/series.js';
import { look } from './charts/style.js';

echarts.use([
  BarChart,
  CanvasRenderer,
  GridSimpleComponent,
  LegendScrollComponent,
  LineChart,
  MarkLineComponent,
  SankeyChart,
  TooltipComponent,
]);

const paper = matchMedia('print');
const dark = matchMedia('(prefers-color-scheme: dark)');
const KINDS = { series: seriesOptions, flow: flowOptions };

function draw(figure) {
  const area = figure.querySelector('.plot-area');
  const { plot: kind } = figure.dataset;
  const plot = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  if (kind === 'flow') {
    const { width, height } = flowSize(plot);
    area.style.height = `${height}px`;
    area.style.minWidth = `${width}px`;
    // Where it is wider than the window, keys scroll it too.
    area.parentElement.tabIndex = 0;
    area.parentElement.setAttribute('role', 'group');
    area.parentElement.setAttribute('aria-label', area.getAttribute('aria-label'));
  }
  const chart = echarts.init(area, null, { renderer: 'canvas' });
  const paint = () => chart.setOption(KINDS[kind](plot, look()), true);
  paint();
  chart.on('click', ({ data }) => data?.href && location.assign(data.href));
  figure.classList.add('drawn');
  // On paper the picture is scaled as it is.
  new ResizeObserver(() => paper.matches || chart.resize()).observe(area);
  for (const media of [paper, dark]) media.addEventListener('change', paint);
}

for (const figure of document.querySelectorAll('figure[data-plot]')) draw(figure);
