// Draws every series of a page from the JSON beside it. Canvas and rich-text tooltips, because our
// Content-Security-Policy refuses the style attributes that the SVG renderer and HTML tooltips write.
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

echarts.use([
  AriaComponent,
  BarChart,
  CanvasRenderer,
  GridComponent,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  TooltipComponent,
]);

const language = document.documentElement.lang || 'en';
const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });

const axisText = {
  ratio: (value) => percent.format(value),
  points: (value) => compact.format(value * 100),
  seconds: (value) =>
    value >= 86400
      ? `${compact.format(value / 86400)} d`
      : value >= 3600
        ? `${compact.format(value / 3600)} h`
        : value >= 60
          ? `${compact.format(value / 60)} min`
          : `${compact.format(value)} s`,
};

function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function look() {
  const colors = [];
  for (let at = 1; at <= 8; at += 1) colors.push(token(`--dl-series-${at}`));
  return {
    colors,
    faded: token('--dl-faded'),
    text: token('--dl-muted'),
    strong: token('--dl-text'),
    line: token('--dl-line'),
    surface: token('--dl-surface'),
    font: getComputedStyle(document.body).fontFamily,
  };
}

// A line breaks where a period is unfinished: the rest is drawn dashed.
function parts(line, open, bars) {
  if (open === null || open === undefined || bars) return [{ name: line.name, data: line.data, dashed: false }];
  return [
    { name: line.name, data: line.data.map((value, at) => (at < open ? value : null)), dashed: false },
    { name: line.name, data: line.data.map((value, at) => (at >= open - 1 ? value : null)), dashed: true },
  ];
}

function band(line, color, tall) {
  if (!line.low) return [];
  const between = line.high.map((high, at) => (high === null ? null : high - line.low[at]));
  const shared = { type: 'line', stack: `band ${line.name}`, symbol: 'none', silent: true, lineStyle: { opacity: 0 } };
  return [
    { ...shared, name: '', data: line.low, tooltip: { show: false } },
    { ...shared, name: '', data: between, areaStyle: { color, opacity: tall ? 0.18 : 0.14 } },
  ];
}

function seriesOf(plot, style) {
  const found = [];
  const alone = plot.lines.filter((line) => !line.before).length === 1;
  plot.lines.forEach((line, number) => {
    const color = line.before ? style.faded : style.colors[number % style.colors.length];
    found.push(...band(line, color, true));
    for (const part of parts(line, line.before ? null : plot.open, plot.bars)) {
      found.push({
        type: plot.bars ? 'bar' : 'line',
        name: part.name,
        data: part.data,
        color,
        stack: plot.stack ? 'all' : undefined,
        barMaxWidth: 28,
        symbol: plot.x.length === 1 ? 'circle' : 'none',
        symbolSize: 6,
        lineStyle: { width: 2, type: part.dashed ? 'dashed' : 'solid' },
        areaStyle: !plot.bars && number === 0 && alone && !line.low ? { color, opacity: 0.08 } : undefined,
        emphasis: { disabled: true },
      });
    }
  });
  return found;
}

function tooltipText(plot, at) {
  const rows = plot.lines.map((line) => (plot.lines.length > 1 ? `${line.name}  ${line.shown[at]}` : line.shown[at]));
  return [plot.x[at], ...rows].join('\n');
}

function options(plot, style) {
  const many = plot.lines.length > 1;
  const label = { color: style.text, fontFamily: style.font, fontSize: 11 };
  return {
    animation: false,
    textStyle: { fontFamily: style.font },
    grid: { left: 8, right: 16, top: many ? 34 : 12, bottom: 4, containLabel: true },
    legend: { show: many, type: 'scroll', left: 0, top: 0, itemWidth: 14, itemHeight: 8, textStyle: label,
      pageTextStyle: label, data: plot.lines.map((line) => line.name) },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: style.surface,
      borderColor: style.line,
      borderWidth: 1,
      padding: [6, 10],
      textStyle: { color: style.strong, fontFamily: style.font, fontSize: 12, lineHeight: 18 },
      axisPointer: { type: plot.bars ? 'shadow' : 'line', lineStyle: { color: style.line } },
      formatter: (shown) => tooltipText(plot, shown[0].dataIndex),
    },
    xAxis: {
      type: 'category',
      data: plot.x,
      boundaryGap: Boolean(plot.bars),
      axisLabel: { ...label, hideOverlap: true },
      axisLine: { lineStyle: { color: style.line } },
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      minInterval: plot.unit === 'count' ? 1 : undefined,
      axisLabel: { ...label, formatter: axisText[plot.unit] || ((value) => compact.format(value)) },
      splitLine: { lineStyle: { color: style.line, opacity: 0.6 } },
    },
    series: seriesOf(plot, style),
  };
}

function draw(figure) {
  const area = figure.querySelector('.plot-area');
  const plot = JSON.parse(figure.querySelector('script[type="application/json"]').textContent);
  const chart = echarts.init(area, null, { renderer: 'canvas' });
  const paint = () => chart.setOption(options(plot, look()), true);
  paint();
  figure.classList.add('drawn');
  new ResizeObserver(() => chart.resize()).observe(area);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', paint);
  window.addEventListener('beforeprint', () => chart.resize());
}

for (const figure of document.querySelectorAll('figure[data-plot="series"]')) draw(figure);
