// Flows of people through steps: a Sankey diagram whose nodes and links lead to their people.
import { tooltip } from './style.js';

// As narrow as a step may be: room for a node and its label.
const STEP_WIDTH = 156;
const ROW_HEIGHT = 46;
const LABEL_WIDTH = 140;

const lines = (tip) => tip.join('\n');

export function flowSize(plot) {
  return { width: (plot.layers - 1) * STEP_WIDTH + LABEL_WIDTH, height: Math.max(220, plot.tallest * ROW_HEIGHT) };
}

function node(style) {
  return (one, at) => ({
    name: String(at),
    depth: one.depth,
    value: one.value,
    href: one.href,
    tip: lines(one.tip),
    itemStyle: { color: one.muted ? style.faded : style.colors[one.tone % style.colors.length] },
    label: { formatter: `{count|${one.shown}} ${one.name.replace(/[{}|]/g, ' ')}`, color: one.muted ? style.text : style.strong },
  });
}

function link(plot, style) {
  return (one) => {
    const { tone } = plot.nodes[one.source];
    const color = one.muted ? style.faded : style.colors[tone % style.colors.length];
    return {
      source: String(one.source),
      target: String(one.target),
      value: one.value,
      href: one.href,
      tip: lines(one.tip),
      lineStyle: { color, opacity: one.muted ? 0.22 : 0.32 },
    };
  };
}

export function flowOptions(plot, style) {
  return {
    animation: false,
    textStyle: { fontFamily: style.font },
    tooltip: tooltip(style, { trigger: 'item', formatter: ({ data }) => data.tip }),
    series: [
      {
        type: 'sankey',
        left: 2,
        right: LABEL_WIDTH,
        top: 6,
        bottom: 6,
        nodeAlign: 'left',
        nodeWidth: 12,
        nodeGap: 16,
        // The server has put the nodes of each step in order.
        layoutIterations: 0,
        draggable: false,
        cursor: [...plot.nodes, ...plot.links].some((one) => one.href) ? 'pointer' : 'default',
        emphasis: { focus: 'adjacency', lineStyle: { opacity: 0.55 } },
        blur: { lineStyle: { opacity: 0.08 }, itemStyle: { opacity: 0.35 }, label: { opacity: 0.4 } },
        label: {
          fontFamily: style.font,
          fontSize: 12,
          width: LABEL_WIDTH - 10,
          overflow: 'truncate',
          textBorderColor: style.surface,
          textBorderWidth: 3,
          rich: { count: { fontWeight: 600, fontSize: 12 } },
        },
        data: plot.nodes.map(node(style)),
        links: plot.links.map(link(plot, style)),
      },
    ],
  };
}
