/** The optional second script: every adapter looks for its own vendor. A new one is a file and a line here. */
import { guard } from '../src/env.js';
import { chatwoot } from './chatwoot.js';
import { crisp } from './crisp.js';
import { demo } from './demo.js';
import { intercom } from './intercom.js';
import { jivochat } from './jivochat.js';
import { livechat } from './livechat.js';
import { tawk } from './tawk.js';

/** @type {any} */
const w = window;

if (!w.desireline_chat) {
  w.desireline_chat = 1;
  [tawk, crisp, intercom, chatwoot, livechat, jivochat, demo].forEach((adapter) => guard(adapter)());
}
