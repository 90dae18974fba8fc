// Lines and bars over time or over any axis.
import { axisText, compact, tooltip } from './style.js';

const FLAG = { symbol: ['none', 'triangle'], symbolSize: 8, symbolRotate: 180 };

// A line breaks where a period is unfinished: the rest is drawn dashed.
function parts(line, open, bars) {
  if (open === null || open === undefined || bars) return [{ name: line.name, data: line.data, dashed: false }];
  return [
    { name: line.name, data: line.data.map((value, at) => (at < open ? value : null)), dashed: false },
    { name: line.name, data: line.data.map((value, at) => (at >= open - 1 ? value : null)), dashed: true },
  ];
}

function band(line, color) {
  if (!line.low) return [];
  const between = line.high.map((high, at) => (high === null ? null : high - line.low[at]));
  // Bands that begin below zero are stacked too.
  const shared = { type: 'line', stack: `band ${line.name}`, stackStrategy: 'all', symbol: 'none', silent: true, lineStyle: { opacity: 0 } };
  return [
    { ...shared, name: '', data: line.low, tooltip: { show: false } },
    { ...shared, name: '', data: between, areaStyle: { color, opacity: 0.18 } },
  ];
}

// A bar of a period that is not over is paler.
const paler = (data, open) =>
  data.map((value, at) => (at < (open ?? data.length) || value === null ? value : { value, itemStyle: { opacity: 0.45 } }));

// Ends of intervals that stand out above their bars, so that the axis reaches them.
const reach = (line) => ({ type: 'line', name: '', data: line.high, symbol: 'none', silent: true, lineStyle: { opacity: 0 } });

function seriesOf(plot, style) {
  const found = [];
  const alone = plot.lines.filter((line) => !line.before).length === 1;
  plot.lines.forEach((line, number) => {
    const color = line.before ? style.faded : style.colors[number % style.colors.length];
    if (!plot.bars) found.push(...band(line, color));
    for (const part of parts(line, line.before ? null : plot.open, plot.bars)) {
      found.push({
        type: plot.bars ? 'bar' : 'line',
        name: part.name,
        data: plot.bars ? paler(part.data, plot.open) : part.data,
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
  const lines = [...marked(plot, style), ...(plot.bars ? plot.lines.flatMap((line) => whiskers(line, style)) : [])];
  if (plot.bars) found.push(...plot.lines.filter((line) => line.high).map(reach));
  if (lines.length) found[found.length - 1].markLine = { ...FLAG, silent: true, label: { show: false }, data: lines };
  return found;
}

function tooltipText(plot, at) {
  const rows = plot.lines.map((line) => (plot.lines.length > 1 ? `${line.name}  ${line.shown[at]}` : line.shown[at]));
  const marks = (plot.marks ?? []).filter((mark) => mark.at === at).flatMap((mark) => mark.words);
  return [plot.x[at], ...rows, ...marks.map((words) => `▼ ${words}`)].join('\n');
}

// What happened on a day stands as an upright line; its words are in the tooltip of that day.
function marked(plot, style) {
  return (plot.marks ?? []).map((mark) => ({
    xAxis: mark.at,
    lineStyle: { color: style.text, type: 'dotted', width: 1.5 },
  }));
}

// The interval of a bar.
function whiskers(line, style) {
  return (line.low ?? []).flatMap((low, at) =>
    low === null || line.high[at] === null
      ? []
      : [
          [
            { coord: [at, low], symbol: 'none', lineStyle: { color: style.strong, type: 'solid', width: 1.5 } },
            { coord: [at, line.high[at]], symbol: 'none' },
          ],
        ],
  );
}

export function seriesOptions(plot, style) {
  const many = plot.lines.length > 1;
  const label = { color: style.text, fontFamily: style.font, fontSize: 11 };
  return {
    animation: false,
    textStyle: { fontFamily: style.font },
    grid: { left: 8, right: 16, top: many ? 34 : 12, bottom: 4, containLabel: true },
    legend: { show: many, type: 'scroll', left: 0, top: 0, itemWidth: 14, itemHeight: 8, textStyle: label,
      pageTextStyle: label, data: plot.lines.map((line) => line.name) },
    tooltip: tooltip(style, {
      trigger: 'axis',
      axisPointer: { type: plot.bars ? 'shadow' : 'line', lineStyle: { color: style.line } },
      formatter: (shown) => tooltipText(plot, shown[0].dataIndex),
    }),
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
