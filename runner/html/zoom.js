// Zooms the time of connections. Everything can be read without it.
(() => {
  const MOST = 1000; // beyond, places of marks are too coarse
  const TICKS = 7;

  // 1, 2 or 5 times a power of ten of milliseconds: the least that leaves few enough ticks.
  const stepOf = (span) => {
    for (let power = -3; ; power++)
      for (const factor of [1, 2, 5])
        if (span / (factor * 10 ** power) < TICKS) return { step: factor * 10 ** power, power };
  };

  const drawTicks = (time, first, end, from, to) => {
    const { step, power } = stepOf(to - from);
    const [unit, name, decimals] = step < 1000 ? [1, 'ms', -power] : [1000, 's', 3 - power];
    time.replaceChildren();
    for (let at = Math.ceil(from / step); at * step <= to; at++) {
      const tick = document.createElement('i');
      tick.style.left = `${((at * step - first) * 100) / (end - first)}%`;
      tick.textContent = `${((at * step) / unit).toFixed(Math.max(decimals, 0))} ${name}`;
      time.append(tick);
    }
  };

  // What a lane shows, as fractions of the whole.
  const lifeOf = (lane) => {
    const ends = [...lane.querySelectorAll('.s, .mark')].flatMap(({ style }) => {
      const left = parseFloat(style.left);
      return [left, left + (parseFloat(style.width) || 0)];
    });
    return [Math.min(...ends) / 100, Math.max(...ends) / 100];
  };

  const equip = (lanes) => {
    const first = Number(lanes.dataset.first);
    const end = Number(lanes.dataset.end);
    const whole = end - first;
    const axis = lanes.querySelector('.axis .track');
    const time = axis.querySelector('.time');
    const tools = lanes.previousElementSibling;
    const button = (name) => tools.querySelector(`[data-zoom=${name}]`);
    let from = first;
    let to = end;

    const show = (wantedFrom, wantedTo) => {
      const span = Math.min(Math.max(wantedTo - wantedFrom, whole / MOST), whole);
      from = Math.min(Math.max((wantedFrom + wantedTo - span) / 2, first), end - span);
      to = from + span;
      lanes.style.setProperty('--zoom', whole / span);
      lanes.style.setProperty('--pan', (from - first) / span);
      drawTicks(time, first, end, from, to);
      button('out').disabled = button('whole').disabled = span === whole;
      button('in').disabled = span <= whole / MOST;
    };
    const scale = (factor, around = (from + to) / 2) =>
      show(around - (around - from) * factor, around + (to - around) * factor);
    const pan = (share) => {
      const step = Math.min(Math.max((to - from) * share, first - from), end - to);
      show(from + step, to + step);
    };
    const focusOn = (lane) => {
      const [left, right] = lifeOf(lane);
      const margin = (right - left) * 0.1;
      if (right >= left) show(first + (left - margin) * whole, first + (right + margin) * whole);
    };
    const timeAt = (event) => {
      const box = axis.getBoundingClientRect();
      return from + (Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1)) * (to - from);
    };

    const actions = { in: () => scale(0.5), out: () => scale(2), whole: () => show(first, end) };
    for (const name of Object.keys(actions)) button(name).addEventListener('click', actions[name]);
    lanes.addEventListener('keydown', (event) => {
      const lane = event.target.closest('.lane');
      const action = {
        '+': actions.in, '=': actions.in, '-': actions.out, 0: actions.whole,
        ArrowLeft: () => pan(-0.25), ArrowRight: () => pan(0.25), z: () => lane && focusOn(lane),
      }[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      action();
    });
    lanes.addEventListener('dblclick', (event) => {
      const lane = event.target.closest('.lane > summary')?.parentElement;
      if (lane) focusOn(lane);
    });
    lanes.addEventListener('wheel', (event) => {
      if (!event.ctrlKey || !event.target.closest('.track')) return;
      event.preventDefault();
      scale(event.deltaY < 0 ? 0.8 : 1.25, timeAt(event));
    }, { passive: false });

    axis.addEventListener('pointerdown', (down) => {
      const began = timeAt(down);
      const shade = document.createElement('span');
      shade.className = 'drag';
      axis.append(shade);
      axis.setPointerCapture(down.pointerId);
      const draw = (event) => {
        const [left, right] = [began, timeAt(event)].sort((a, b) => a - b);
        shade.style.left = `${((left - from) * 100) / (to - from)}%`;
        shade.style.width = `${((right - left) * 100) / (to - from)}%`;
      };
      axis.addEventListener('pointermove', draw);
      const end = (event) => {
        axis.removeEventListener('pointermove', draw);
        axis.removeEventListener('pointerup', end);
        axis.removeEventListener('pointercancel', end);
        shade.remove();
        const isDrag = event.type === 'pointerup' && Math.abs(event.clientX - down.clientX) > 4;
        if (isDrag) show(...[began, timeAt(event)].sort((a, b) => a - b));
      };
      axis.addEventListener('pointerup', end);
      axis.addEventListener('pointercancel', end);
    });

    lanes.classList.add('can-zoom');
    tools.hidden = false;
    show(first, end);
  };

  document.querySelectorAll('.lanes').forEach(equip);
})();
