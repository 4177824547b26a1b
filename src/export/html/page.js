'use strict';
(() => {
const $ = id => document.getElementById(id);
const data = JSON.parse($('data').textContent);
const lanes = $('lanes'), canvas = $('canvas'), map = $('map');
const g = canvas.getContext('2d'), m = map.getContext('2d');
const HEAD = 28, LANE = 20, RULER = 22;
let x = 0, shows = [], rows = [], events = [], end = 1, view = [0, 1], now = null, playing = 0, picked = null, found = '', color = {}, queued = false;

// What the report says, as what is drawn.
const spans = (task, strategy, slow) => {
  const all = [], polls = task.polls, closure = strategy.closures.includes(task);
  if (!polls.length) return all;
  const begin = closure ? task.created_s : polls[0].start_s;
  all.push(['idle', begin, task.end_s]);
  if (closure) all.push(['stuck', begin, polls[0].start_s]);
  else {
    let w = 0;
    polls.forEach((poll, at) => {
      const next = at + 1 < polls.length ? polls[at + 1].start_s : task.end_s;
      while (w < task.wakes_s.length && task.wakes_s[w] < poll.start_s) w++;
      if (w < task.wakes_s.length && task.wakes_s[w] < next) {
        const from = Math.max(task.wakes_s[w], poll.end_s);
        if (from < next) all.push(['stuck', from, next]);
      }
    });
    for (const blocked of strategy.blocked) {
      const from = Math.max(blocked.start_s, task.created_s), to = Math.min(blocked.end_s, task.end_s);
      if (from < to) all.push(['stuck', from, to]);
    }
  }
  for (const poll of polls)
    all.push([!closure && poll.end_s - poll.start_s >= slow ? 'slow' : 'busy', poll.start_s, poll.end_s]);
  return all;
};
const exhibits = data.map(exhibit => {
  const report = exhibit.report;
  return report.strategies.map((strategy, at) => {
    const heart = strategy.heartbeat && strategy.heartbeat.lane;
    const tasks = (heart ? [heart] : []).concat(strategy.tasks, strategy.closures);
    const order = (one, two) => (two === heart) - (one === heart) || one.created_s - two.created_s;
    return {
      name: exhibit.names[at], result: exhibit.results[at], strategy,
      curve: strategy.rest ? strategy.rest.in_flight : null,
      more: (strategy.rest ? strategy.rest.count : 0) + exhibit.omitted[at],
      lanes: tasks.sort(order).map(task => ({task, heart: task === heart, closure: strategy.closures.includes(task), spans: spans(task, strategy, report.slow_poll_s)})),
      end: Math.max(...[0].concat(strategy.wall_s, tasks.filter(t => t !== heart).map(t => t.end_s), strategy.rest ? strategy.rest.in_flight.map(p => p[0]) : [])),
    };
  });
});

const time = s => {
  const n = Math.round(Math.abs(s) * 1e9), sign = s < 0 ? '−' : '';
  if (n === 0) return '0 s';
  if (n < 1e3) return sign + n + ' ns';
  if (n < 9950) return sign + (n / 1e3).toFixed(1) + ' µs';
  if (n < 1e6) return sign + Math.floor(n / 1e3) + ' µs';
  if (n < 9.95e6) return sign + (n / 1e6).toFixed(1) + ' ms';
  if (n < 9.995e8) return sign + (n / 1e6).toFixed(0) + ' ms';
  return sign + (n / 1e9).toFixed(n < 1e11 ? 3 : 1) + ' s';
};
// An instant, as exact as the view is wide.
const instant = s => {
  const decimals = Math.min(9, Math.max(6, Math.ceil(-Math.log10((view[1] - view[0]) / 1000))));
  return s.toFixed(decimals) + ' s';
};
const whole = n => String(n).replace(/\B(?=(\d{3})+$)/g, ',');

const narrow = () => canvas.clientWidth < 620;
const left = () => narrow() ? 104 : 190;
const right = () => narrow() ? 62 : 84;
const px = t => left() + (t - view[0]) / (view[1] - view[0]) * (canvas.clientWidth - left() - right());
const at = p => view[0] + (p - left()) / (canvas.clientWidth - left() - right()) * (view[1] - view[0]);

function layout() {
  const on = exhibits[x].filter((_, s) => shows[s]);
  end = Math.max(1e-9, ...on.map(s => s.end));
  rows = [];
  let top = RULER;
  exhibits[x].forEach((s, i) => {
    if (!shows[i]) return;
    rows.push({kind: 'head', s, i, top, height: HEAD}); top += HEAD;
    s.lanes.forEach((lane, l) => { rows.push({kind: 'lane', s, i, lane, l, top, height: LANE}); top += LANE; });
    if (s.more) { rows.push({kind: 'rest', s, i, top, height: LANE + 8}); top += LANE + 8; }
  });
  rows.height = top + 6;
  $('space').style.height = rows.height + 'px';
  const instants = new Set();
  for (const s of on) for (const {task, heart} of s.lanes) {
    if (heart) continue;
    if (task.start_s !== null) instants.add(task.end_s);
    instants.add(task.created_s);
    for (const poll of task.polls) { instants.add(poll.start_s); instants.add(poll.end_s); }
    for (const wake of task.wakes_s) instants.add(wake);
  }
  events = [...instants].sort((a, b) => a - b);
}

function colors() {
  const of = getComputedStyle(document.documentElement);
  for (const name of ['bg', 'fg', 'dim', 'line', 'soft', 'idle', 'busy', 'stuck', 'slow', 'gone', 'lit', 'wait'])
    color[name] = of.getPropertyValue('--' + name).trim();
  const tile = document.createElement('canvas');
  tile.width = tile.height = 6;
  const t = tile.getContext('2d');
  t.strokeStyle = color.stuck; t.lineWidth = 1.6;
  t.beginPath();
  for (const d of [-6, 0, 6]) { t.moveTo(d, 6); t.lineTo(d + 6, 0); }
  t.stroke();
  color.hatch = g.createPattern(tile, 'repeat');
}

function size(c, ctx, w, h) {
  const scale = window.devicePixelRatio || 1;
  if (c.width !== Math.round(w * scale) || c.height !== Math.round(h * scale)) {
    c.width = Math.round(w * scale); c.height = Math.round(h * scale);
    c.style.height = h + 'px';
    c.style.width = w + 'px';
  }
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.clearRect(0, 0, w, h);
}

const HALF = {idle: .8, stuck: 3.5, busy: 5, slow: 7};
function lane(row, y) {
  const mid = y + LANE / 2, from = left(), to = canvas.clientWidth - right();
  const upto = now === null ? Infinity : now;
  for (const kind of ['idle', 'stuck', 'busy', 'slow']) {
    let done = -1;
    for (const part of [0, 1]) {
      // What is still to come is shown faintly.
      g.globalAlpha = part ? .13 : 1;
      g.fillStyle = kind === 'stuck' ? color.hatch : color[kind];
      done = -1;
      for (const [k, start, stop] of row.lane.spans) {
        if (k !== kind) continue;
        const a = part ? Math.max(start, upto) : start, b = part ? stop : Math.min(stop, upto);
        if (a > b || (part && now === null) || (!part && start > upto)) continue;
        let p = Math.max(px(a), from), q = Math.min(px(b), to);
        if (q < from || p > to || q <= done) continue;
        q = Math.max(q, p + (kind === 'busy' || kind === 'slow' ? 1.3 : .6));
        g.fillRect(p, mid - HALF[kind], q - p, 2 * HALF[kind]);
        if (kind === 'stuck') { g.globalAlpha *= .25; g.fillStyle = color.stuck; g.fillRect(p, mid - HALF[kind], q - p, 2 * HALF[kind]); g.globalAlpha *= 4; g.fillStyle = color.hatch; }
        done = q;
      }
    }
  }
  g.globalAlpha = 1;
  const task = row.lane.task, ended = px(task.end_s);
  if (picked === row.lane) {
    g.fillStyle = color.stuck;
    for (const wake of task.wakes_s) {
      const p = px(wake);
      if (p < from || p > to) continue;
      g.beginPath(); g.moveTo(p - 3, y + 1); g.lineTo(p + 3, y + 1); g.lineTo(p, y + 6); g.fill();
    }
  }
  const sign = {cancelled: '✗', failed: '✗', panicked: '!'}[task.outcome];
  if (sign && ended >= from && ended <= to && task.end_s <= upto) {
    g.fillStyle = color.gone; g.font = '700 13px system-ui'; g.textAlign = 'center';
    g.fillText(sign, ended, mid + 4.5);
  }
  if (!task.polls.length) { g.fillStyle = color.dim; g.font = '11px system-ui'; g.textAlign = 'left'; g.fillText(row.lane.closure ? 'made, never called' : 'made, never polled', from + 4, mid + 4); }
}

function cut(text, width) {
  if (g.measureText(text).width <= width) return text;
  let keep = text.length;
  while (keep > 1 && g.measureText(text.slice(0, keep) + '…').width > width) keep -= Math.ceil(keep / 20);
  return text.slice(0, keep) + '…';
}

function ticks() {
  const span = view[1] - view[0], room = (canvas.clientWidth - left() - right()) / 86;
  let step = 1e-9;
  find: for (let e = -9; e < 12; e++) for (const f of [1, 2, 5]) { step = f * 10 ** e; if (span / step <= room) break find; }
  const all = [];
  for (let k = Math.ceil(view[0] / step - 1e-9); k * step <= view[1] + step * 1e-9; k++) {
    const t = k * step, d = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    all.push([t, k === 0 ? '0' : step >= .01 ? t.toFixed(Math.min(d, 2)) + ' s' : step >= 1e-5 ? (t * 1e3).toFixed(Math.max(0, d - 3)) + ' ms' : (t * 1e6).toFixed(Math.max(0, d - 6)) + ' µs']);
  }
  return all;
}

function draw() {
  queued = false;
  const w = lanes.clientWidth, printing = document.body.dataset.print;
  const h = printing ? Math.min(rows.height, 3000) : Math.min(rows.height, Math.max(160, Math.floor(innerHeight * .68)));
  size(canvas, g, w, h);
  const scroll = printing ? 0 : lanes.scrollTop, from = left(), to = w - right();
  const marks = ticks();
  g.strokeStyle = color.line; g.lineWidth = 1;
  g.beginPath();
  for (const [t] of marks) { const p = Math.round(px(t)) + .5; g.moveTo(p, RULER - 4); g.lineTo(p, h); }
  g.stroke();
  for (const row of rows) {
    const y = row.top - scroll;
    if (y + row.height < RULER || y > h) continue;
    const mid = y + row.height / 2 + 4;
    if (row.kind === 'head') {
      g.fillStyle = color.fg; g.textAlign = 'left'; g.font = '600 13px system-ui';
      g.fillText(cut(row.s.name, w - 20), 8, mid + 2);
      const used = 8 + g.measureText(row.s.name).width + 14;
      g.font = '12px system-ui';
      const room = w - used - 12, result = cut(row.s.result, room);
      g.textAlign = 'right';
      if (room > 60) g.fillText(result, w - 8, mid + 2);
      const free = room - g.measureText(result).width - 16;
      g.textAlign = 'left'; g.fillStyle = color.dim;
      if (free > 60) g.fillText(cut(row.s.strategy.summary, free), used, mid + 2);
      continue;
    }
    if (row.kind === 'rest') {
      g.fillStyle = color.dim; g.font = '12px system-ui'; g.textAlign = 'left';
      g.fillText('+ ' + whole(row.s.more) + ' more', 18, mid);
      const curve = row.s.curve;
      if (curve) {
        const most = Math.max(1, ...curve.map(p => p[1])), base = y + row.height - 2;
        g.fillStyle = color.busy; g.globalAlpha = .35;
        curve.forEach(([t, n], k) => {
          const until = k + 1 < curve.length ? curve[k + 1][0] : t;
          const p = Math.max(from, px(t)), q = Math.min(to, Math.max(px(until), px(t) + 1)), tall = (row.height - 4) * n / most;
          if (q > p) g.fillRect(p, base - tall, q - p, tall);
        });
        g.globalAlpha = 1; g.fillStyle = color.dim; g.textAlign = 'right';
        g.fillText(whole(most), w - 8, mid);
      }
      continue;
    }
    const task = row.lane.task;
    if (picked === row.lane) { g.fillStyle = color.wait; g.fillRect(0, y, w, LANE); }
    lane(row, y);
    const match = found && task.label.toLowerCase().includes(found);
    g.font = (match ? '700 ' : '') + '12px system-ui';
    g.fillStyle = found && !match ? color.idle : color.fg; g.textAlign = 'left';
    g.fillText(cut(task.label, from - 28), 18, mid);
    if (!row.lane.heart && task.start_s !== null && (now === null || task.end_s <= now)) {
      g.fillStyle = color.dim; g.textAlign = 'right';
      g.fillText(time(task.end_s - task.start_s), w - 8, mid);
    }
  }
  g.fillStyle = color.bg; g.fillRect(0, 0, w, RULER - 2);
  g.fillStyle = color.dim; g.font = '11px system-ui'; g.textAlign = 'center';
  for (const [t, label] of marks) { const p = px(t); if (p >= from - 1 && p <= to + 12) g.fillText(label, p, 14); }
  if (now !== null && now >= view[0] && now <= view[1]) {
    const p = px(now);
    g.strokeStyle = color.fg; g.lineWidth = 1.5;
    g.beginPath(); g.moveTo(p, RULER - 4); g.lineTo(p, h); g.stroke();
  }
  minimap();
  light();
}

function minimap() {
  const w = map.clientWidth, h = 34;
  size(map, m, w, h);
  map.style.width = '';
  const on = exhibits[x].filter((_, s) => shows[s]), each = h / Math.max(1, on.length);
  on.forEach((s, i) => {
    const step = Math.max(1, Math.floor(s.lanes.length / 60));
    for (let l = 0; l < s.lanes.length; l += step) {
      const y = i * each + 1 + (each - 2) * (l + .5) / s.lanes.length;
      for (const [kind, a, b] of s.lanes[l].spans) {
        m.globalAlpha = kind === 'idle' ? .5 : 1;
        m.fillStyle = color[kind];
        m.fillRect(a / end * w, y, Math.max(.8, (b - a) / end * w), kind === 'slow' ? 2.4 : 1.2);
      }
    }
  });
  m.globalAlpha = 1;
  m.fillStyle = color.dim; m.globalAlpha = .3;
  m.fillRect(0, 0, view[0] / end * w, h); m.fillRect(view[1] / end * w, 0, w, h);
  m.globalAlpha = 1;
  if (now !== null) { m.fillStyle = color.fg; m.fillRect(now / end * w, 0, 1.5, h); }
}

// The lines whose task is polled at this moment, and those that wait.
function light() {
  for (const line of document.querySelectorAll('.lit,.waits')) line.classList.remove('lit', 'waits');
  $('now').textContent = now === null ? 'the end' : instant(now);
  if (now === null) return;
  exhibits[x].forEach((s, i) => {
    if (!shows[i]) return;
    const code = document.querySelector('[data-code="' + x + '.' + data[x].code[i] + '"]');
    if (!code) return;
    for (const {task} of s.lanes) {
      if (!task.location || task.start_s === null || task.start_s > now || task.end_s < now) continue;
      const [, file, line] = /^(.*):(\d+)$/.exec(task.location) || [];
      if (!file || !(code.dataset.file === file || code.dataset.file.endsWith('/' + file))) continue;
      const shown = code.querySelector('[data-line="' + Number(line) + '"]');
      if (!shown) continue;
      const polled = task.polls.some(poll => poll.start_s <= now && now <= poll.end_s);
      shown.classList.add(polled ? 'lit' : 'waits');
    }
  });
}

const later = () => { if (!queued) { queued = true; requestAnimationFrame(draw); } };

// What an instant is, in words.
function state(task, t, closure) {
  if (t < task.created_s) return 'not yet made';
  if (task.start_s === null) return 'made, never polled';
  if (t > task.end_s) return task.outcome.replace('_', ' ');
  if (t < task.start_s) return 'made, not yet polled';
  let last = 'waiting';
  for (const [kind, a, b] of spansOf(task)) if (a <= t && t <= b && kind !== 'idle') last = {stuck: 'could not run', busy: 'running', slow: 'holds its thread'}[kind];
  return last;
}
function spansOf(task) { for (const s of exhibits[x]) for (const l of s.lanes) if (l.task === task) return l.spans; return []; }

function tell(row, t) {
  const told = $('told');
  told.textContent = '';
  const say = (text, strong) => { const e = document.createElement(strong ? 'b' : 'span'); e.textContent = text; told.append(e, ' '); };
  if (!row || row.kind !== 'lane') { say(row ? row.s.name : '', true); if (row) say('· ' + row.s.result + ' · ' + row.s.strategy.summary); return; }
  const {task} = row.lane;
  say(row.s.name + ' · ' + task.label, true);
  if (t !== undefined) say('at ' + instant(t) + ': ' + state(task, t) + ' ·');
  say([task.outcome.replace('_', ' ') + (task.exception ? ' by ' + task.exception : '') + (task.failed ? ': ' + task.failed.reason : ''),
    task.start_s === null ? '' : 'lived ' + time(task.end_s - task.start_s), 'busy ' + time(task.busy_s), 'scheduled ' + time(task.scheduled_s), 'idle ' + time(task.idle_s),
    task.polls.length + (task.polls.length === 1 ? ' poll' : ' polls'), task.wakes_s.length + (task.wakes_s.length === 1 ? ' wake' : ' wakes'), task.location || ''].filter(Boolean).join(' · '));
}
function happened(t) {
  const told = [];
  exhibits[x].forEach((s, i) => {
    if (!shows[i]) return;
    for (const {task, heart} of s.lanes) {
      if (heart || told.length > 5) continue;
      const what = [];
      if (task.created_s === t) what.push('is made');
      if (task.wakes_s.includes(t)) what.push('is woken');
      task.polls.forEach((poll, k) => {
        if (poll.start_s === t) what.push('poll ' + (k + 1) + ' of ' + task.polls.length + ' begins');
        if (poll.end_s === t && !(k + 1 === task.polls.length && task.end_s === t)) what.push('poll ' + (k + 1) + ' ends');
      });
      if (task.end_s === t && task.start_s !== null) what.push(task.outcome.replace('_', ' '));
      if (what.length) told.push(s.name + ' · ' + task.label + ' ' + what.join(', '));
    }
  });
  $('told').textContent = instant(t) + ': ' + (told.join('; ') || 'nothing happens');
}

function keep() {
  const part = [];
  if (x) part.push('c=' + x);
  if (view[0] > 0 || view[1] < end) part.push('view=' + view.map(t => +t.toPrecision(8)).join(','));
  if (now !== null) part.push('t=' + +now.toPrecision(10));
  const off = shows.map((on, s) => on ? null : s).filter(s => s !== null);
  if (off.length) part.push('off=' + off.join(','));
  const row = rows.find(r => r.lane && r.lane === picked);
  if (row) part.push('lane=' + row.i + '.' + row.l);
  if ($('speed').value !== '1') part.push('speed=' + $('speed').value);
  if (found) part.push('find=' + encodeURIComponent(found));
  try { history.replaceState(null, '', '#' + part.join('&')); } catch { /* a page that may not keep it */ }
}
function restore() {
  const hash = new Map(location.hash.slice(1).split('&').filter(Boolean).map(p => { const k = p.indexOf('='); return [p.slice(0, k), p.slice(k + 1)]; }));
  const number = text => Number.isFinite(Number(text)) && text !== '' ? Number(text) : null;
  x = Math.min(Math.max(0, Math.floor(number(hash.get('c') ?? '') ?? 0)), data.length - 1);
  shows = exhibits[x].map(() => true);
  for (const s of (hash.get('off') || '').split(',').filter(Boolean)) if (shows[s] !== undefined) shows[s] = false;
  if (!shows.some(Boolean)) shows = shows.map(() => true);
  layout();
  const [from, to] = (hash.get('view') || '').split(',').map(number);
  view = from !== null && to !== null && from !== undefined && to !== undefined && from < to ? [Math.max(0, from), Math.min(end, to)] : [0, end];
  if (!(view[0] < view[1])) view = [0, end];
  const t = number(hash.get('t') ?? '');
  now = t === null ? null : Math.min(Math.max(0, t), end);
  const [s, l] = (hash.get('lane') || '').split('.');
  const row = rows.find(r => r.lane && String(r.i) === s && String(r.l) === l);
  picked = row ? row.lane : null;
  found = ''; try { found = decodeURIComponent(hash.get('find') || ''); } catch { /* no text */ }
  $('find').value = found;
  if ([...$('speed').options].some(o => o.value === hash.get('speed'))) $('speed').value = hash.get('speed');
  $('which').value = String(x);
  controls();
  if (row) { tell(row, now === null ? undefined : now); reveal(row); }
  later();
}
function controls() {
  document.querySelectorAll('[data-x]').forEach(e => { e.hidden = e.dataset.x !== String(x); });
  const box = $('shows');
  box.textContent = '';
  exhibits[x].forEach((s, i) => {
    const label = document.createElement('label'), tick = document.createElement('input');
    tick.type = 'checkbox'; tick.checked = shows[i];
    tick.addEventListener('change', () => { shows[i] = tick.checked; const was = end; layout(); if (view[0] === 0 && view[1] === was) view = [0, end]; later(); keep(); });
    label.append(tick, s.name);
    box.append(label);
  });
}

const set = (from, to) => {
  const least = Math.max(end * 1e-7, 2e-9);
  let span = Math.min(end, Math.max(least, to - from));
  from = Math.max(0, Math.min(from, end - span));
  view = [from, from + span];
  later(); keep();
};
const zoom = (factor, around) => {
  const c = around ?? (now !== null && now >= view[0] && now <= view[1] ? now : (view[0] + view[1]) / 2);
  set(c - (c - view[0]) * factor, c + (view[1] - c) * factor);
};
const pan = share => set(view[0] + (view[1] - view[0]) * share, view[1] + (view[1] - view[0]) * share);
const go = t => {
  now = Math.min(Math.max(0, t), end);
  if (now < view[0] || now > view[1]) { const half = (view[1] - view[0]) / 2; set(now - half, now + half); }
  later(); keep();
};
function stop() { playing = 0; $('play').textContent = '▶'; $('play').setAttribute('aria-label', 'Play'); keep(); }
function play() {
  if (playing) return stop();
  if (now === null || now >= end) now = 0;
  $('play').textContent = '❚❚'; $('play').setAttribute('aria-label', 'Pause');
  const run = playing = performance.now();
  let last = run;
  const frame = t => {
    if (playing !== run) return;
    now += Math.max(0, t - last) / 1000 * Number($('speed').value);
    last = t;
    if (now >= end) { now = null; stop(); later(); return; }
    if (now > view[1]) { const span = view[1] - view[0]; view = [Math.min(now, end - span), Math.min(now + span, end)]; }
    draw();
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
function step(way) {
  if (playing) stop();
  const t = now === null ? (way > 0 ? -1 : end + 1) : now;
  const next = way > 0 ? events.find(e => e > t) : events.findLast(e => e < t);
  if (next === undefined) { now = null; later(); keep(); return; }
  go(next);
  happened(next);
}
const reveal = row => {
  if (row.top - lanes.scrollTop < RULER) lanes.scrollTop = row.top - RULER;
  else if (row.top + LANE - lanes.scrollTop > lanes.clientHeight) lanes.scrollTop = row.top + LANE - lanes.clientHeight + 4;
};
function pick(row) { picked = row ? row.lane : null; if (row) { reveal(row); tell(row, now === null ? undefined : now); } later(); keep(); }
function move(way) {
  const own = rows.filter(r => r.kind === 'lane'), at = own.findIndex(r => r.lane === picked);
  const next = own[at < 0 ? (way > 0 ? 0 : own.length - 1) : at + way];
  if (next) pick(next);
}
function search(text) {
  found = text.trim().toLowerCase();
  const own = rows.filter(r => r.kind === 'lane' && r.lane.task.label.toLowerCase().includes(found));
  $('matches').textContent = found ? (own.length === 1 ? '1 lane' : whole(own.length) + ' lanes') : '';
  if (found && own.length && !own.some(r => r.lane === picked)) pick(own[0]); else { later(); keep(); }
}
// `1.5`, `1.5s`, `20ms`, `300us`.
function parse(text) {
  const [, number, unit] = /^\s*([\d.]+)\s*(s|ms|us|µs|ns)?\s*$/.exec(text) || [];
  const t = Number(number) * {s: 1, ms: 1e-3, us: 1e-6, 'µs': 1e-6, ns: 1e-9}[unit || 's'];
  return Number.isFinite(t) ? t : null;
}

const row = e => {
  const y = e.offsetY + lanes.scrollTop;
  return e.offsetY < RULER ? undefined : rows.find(r => r.top <= y && y < r.top + r.height);
};
let drag = null;
canvas.addEventListener('pointermove', e => {
  if (drag) {
    const moved = e.offsetX - drag.x;
    if (Math.abs(moved) > 3) drag.moved = true;
    if (drag.moved) { const d = moved / (canvas.clientWidth - left() - right()) * (drag.view[1] - drag.view[0]); set(drag.view[0] - d, drag.view[1] - d); }
    return;
  }
  if (playing) return;
  const t = at(e.offsetX), inside = t >= view[0] && t <= view[1];
  const r = row(e);
  if (r) tell(r, inside ? t : undefined);
});
canvas.addEventListener('pointerdown', e => { drag = {x: e.offsetX, view: [...view], moved: false}; if (e.pointerType === 'mouse') canvas.setPointerCapture(e.pointerId); });
canvas.addEventListener('pointerup', e => {
  const was = drag; drag = null;
  if (!was || was.moved) return;
  const r = row(e), t = at(e.offsetX);
  if (r && r.kind === 'lane') pick(r);
  if (t >= view[0] && t <= view[1]) { go(t); if (r) tell(r, t); }
});
canvas.addEventListener('pointercancel', () => { drag = null; });
canvas.addEventListener('wheel', e => { if (e.ctrlKey || e.metaKey) { e.preventDefault(); zoom(e.deltaY > 0 ? 1.25 : .8, at(e.offsetX)); } }, {passive: false});
const frame = e => { const c = e.offsetX / map.clientWidth * end, half = (view[1] - view[0]) / 2; set(c - half, c + half); };
map.addEventListener('pointerdown', e => { map.setPointerCapture(e.pointerId); frame(e); });
map.addEventListener('pointermove', e => { if (e.buttons) frame(e); });
lanes.addEventListener('scroll', later);
addEventListener('resize', later);
addEventListener('hashchange', restore);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { colors(); later(); });
addEventListener('beforeprint', () => { document.body.dataset.print = '1'; view = [0, end]; draw(); });
addEventListener('afterprint', () => { delete document.body.dataset.print; restore(); });

const actions = {
  ' ': play, '.': () => step(1), ',': () => step(-1), ArrowRight: () => step(1), ArrowLeft: () => step(-1),
  '+': () => zoom(.5), '=': () => zoom(.5), w: () => zoom(.5), '-': () => zoom(2), s: () => zoom(2),
  a: () => pan(-.25), d: () => pan(.25), f: () => set(0, end), Home: () => go(0), End: () => { now = null; later(); keep(); },
  g: () => { $('goto').focus(); $('goto').select(); }, '/': () => { $('find').focus(); $('find').select(); },
  ArrowDown: () => move(1), ArrowUp: () => move(-1), '?': () => $('help').showModal(),
  Escape: () => { pick(null); $('told').textContent = ''; },
};
addEventListener('keydown', e => {
  if (e.ctrlKey || e.metaKey || e.altKey || $('help').open) return;
  const on = e.target;
  if (on.matches('input[type=text],input[type=search],select')) { if (e.key === 'Escape') { on.blur(); lanes.focus(); } return; }
  if (on.matches('button,input,summary') && (e.key === ' ' || e.key === 'Enter')) return;
  const action = actions[e.key];
  if (action) { e.preventDefault(); action(); }
});
const click = (id, action) => $(id).addEventListener('click', action);
click('play', play); click('back', () => step(-1)); click('next', () => step(1)); click('first', () => go(0)); click('last', actions.End);
click('in', () => zoom(.5)); click('out', () => zoom(2)); click('fit', () => set(0, end)); click('keys', () => $('help').showModal()); click('shut', () => $('help').close());
$('speed').addEventListener('change', keep);
$('find').addEventListener('input', e => search(e.target.value));
$('goto').addEventListener('change', e => { const t = parse(e.target.value); e.target.setAttribute('aria-invalid', String(t === null)); if (t !== null) { if (playing) stop(); go(t); happened(now); } });
$('which').addEventListener('change', e => { if (playing) stop(); location.hash = 'c=' + e.target.value; });
// The numbers of each lane, when somebody asks for them.
document.querySelectorAll('details[data-table]').forEach(details => details.addEventListener('toggle', () => {
  const body = details.querySelector('tbody');
  if (!details.open || body.rows.length) return;
  for (const s of exhibits[details.dataset.table]) for (const {task} of s.lanes) {
    const tr = body.insertRow();
    const cells = [s.name, task.label, task.outcome.replace('_', ' '), time(task.created_s), task.start_s === null ? '' : time(task.start_s), time(task.end_s), time(task.busy_s), time(task.scheduled_s), time(task.idle_s), whole(task.polls.length), whole(task.wakes_s.length)];
    cells.forEach((text, c) => { const td = tr.insertCell(); td.textContent = text; if (c < 3) td.className = 'words'; });
  }
}));
document.querySelectorAll('.needs').forEach(e => { e.hidden = false; });
colors();
restore();
})();
