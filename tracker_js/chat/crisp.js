/**
 * Crisp holds one listener an event: registering a second one silently removes the page's. So commands to $crisp are
 * read on their way, the page's listeners are kept aside, and one of ours calls both.
 */
import { guard } from '../src/env.js';
import { VISITOR, message, speaker, whenFound } from './common.js';

/** @type {any} */
const w = window;

export const crisp = () => {
  const say = speaker('crisp', (visitor) => w.$crisp.push(['set', 'session:data', [[[VISITOR, visitor]]]]));
  /** @type {Record<string, (data: any) => void>} */
  const ours = {
    'session:loaded': () => say('chat_shown'),
    'chat:opened': () => say('chat_opened'),
    'chat:initiated': () => say('chat_started'),
    'message:sent': () => message(say, 'visitor'),
    'message:received': (data) => message(say, data && data.automated ? 'bot' : 'agent'),
  };
  /** @type {Record<string, any>} */
  const theirs = {};

  /** Keeps a listener of the page; true for a command that must not reach Crisp. @param {any} command */
  const keep = (command) => {
    if (!Array.isArray(command) || !ours[command[1]] || !/^(on|off)$/.test(command[0])) return false;
    theirs[command[1]] = command[0] == 'on' ? command[2] : undefined;
    return true;
  };

  /** @param {any} target $crisp, first the queue and then the object that takes its place */
  const hook = (target) => {
    const push = target.push;
    target.push = function (...commands) {
      let rest = commands;
      try {
        rest = commands.filter((command) => !keep(command));
      } catch {
        /* then Crisp gets it all */
      }
      return rest.length || !commands.length ? push.apply(this, rest) : this.length;
    };
    return push;
  };

  whenFound(
    () => w.$crisp,
    (queue) => {
      // Once Crisp itself runs, listeners of the page cannot be seen any more, and are worth more than ours.
      if (!Array.isArray(queue)) return;
      for (let i = queue.length; i--; ) if (keep(queue[i])) queue.splice(i, 1);
      const push = hook(queue);
      Object.keys(ours).forEach((name) =>
        push.call(queue, [
          'on',
          name,
          function (data) {
            guard(ours[name])(data);
            if (theirs[name]) return theirs[name].apply(this, arguments);
          },
        ])
      );
      whenFound(() => w.$crisp != queue && w.$crisp, hook);
    }
  );
};
