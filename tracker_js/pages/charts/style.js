// What plots share: numbers in the words of the page, and the colours of the page as it is now.
const language = document.documentElement.lang || 'en';
export const compact = new Intl.NumberFormat(language, { notation: 'compact', maximumFractionDigits: 1 });
const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });

export const axisText = {
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

export function look() {
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


export function tooltip(style, more) {
  return {
    renderMode: 'richText',
    confine: true,
    backgroundColor: style.surface,
    borderColor: style.line,
    borderWidth: 1,
    padding: [6, 10],
    textStyle: { color: style.strong, fontFamily: style.font, fontSize: 12, lineHeight: 18 },
    ...more,
  };
}
