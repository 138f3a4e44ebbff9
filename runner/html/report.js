// Sifts what the page shows. Everything can be read without it.
(() => {
  const lanes = [...document.querySelectorAll('.lane')];
  const scenarios = [...document.querySelectorAll('.scenario')];
  const sieve = document.querySelector('.sieve');
  const find = document.getElementById('find');
  const marked = document.getElementById('marked');
  const found = document.getElementById('found');
  if (lanes.length + scenarios.length < 2) return;
  sieve.hidden = false;
  sieve.addEventListener('submit', (event) => event.preventDefault());

  const texts = new Map();
  const textOf = (element) => {
    if (!texts.has(element)) texts.set(element, element.textContent.toLowerCase());
    return texts.get(element);
  };
  const show = (element, isShown) => element.toggleAttribute('data-out', !isShown);

  const sift = () => {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const scenario of scenarios) {
      const isNamed = !wanted || textOf(scenario.querySelector('summary')).includes(wanted);
      let hits = 0;
      for (const lane of scenario.querySelectorAll('.lane')) {
        const isShown = (!marked.checked || lane.classList.contains('marked')) &&
          (isNamed || textOf(lane).includes(wanted));
        show(lane, isShown);
        hits += isShown;
      }
      show(scenario, isNamed ? !marked.checked || hits > 0 || !scenario.querySelector('.lane') : hits > 0);
      count += hits;
    }
    const isSifted = wanted || marked.checked;
    found.textContent = isSifted ? `${count} of ${lanes.length} connections` : '';
  };
  find.addEventListener('input', sift);
  marked.addEventListener('change', sift);

  // Lanes are many: arrows go from one to the next, as in a list.
  document.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const lane = document.activeElement?.closest?.('.lane > summary')?.parentElement;
    if (event.key === '/' && document.activeElement !== find) {
      event.preventDefault();
      find.focus();
    }
    if (!step || !lane) return;
    const shown = lanes.filter((one) => !one.hasAttribute('data-out') && one.closest('details.scenario').open);
    const next = shown[shown.indexOf(lane) + step];
    if (next) {
      event.preventDefault();
      next.querySelector('summary').focus();
    }
  });
})();
