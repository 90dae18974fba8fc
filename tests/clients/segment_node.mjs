// Plays messages through @segment/analytics-node: {"settings": {...}, "calls": [["track", {...}], ...]} on stdin.
// Prints the status of every request, and what the client says it could not deliver.
import { Analytics } from '@segment/analytics-node';

let text = '';
for await (const part of process.stdin) text += part;
const { settings, calls } = JSON.parse(text);
const analytics = new Analytics(settings);
const statuses = [];
const errors = [];
analytics.on('http_response', (answer) => {
  statuses.push(answer.status);
  process.stderr.write(`${answer.status}\n`);
});
analytics.on('error', (error) => errors.push(String(error.code ?? error)));
for (const [name, message] of calls) analytics[name](message);
await analytics.closeAndFlush({ timeout: 20000 });
console.log(JSON.stringify({ statuses, errors }));
