// Joins the codes of a note with their words, and the words with their rules. Needs the markup of note.html alone.

/** The ids that an element names in one of its data attributes. */
function idsOf(element, name) {
  return (element.dataset[name] || "").split(" ").filter(Boolean);
}

/**
 * Bring a note view to life. Hovering lights what belongs together and names the rule of marked words; a click keeps it
 * lit and scrolls to it, and a click on marked words shows their rule. Gives back what a page may bind to keys of its own.
 */
function linkNote(root) {
  const text = root.querySelector("[data-note-text]");
  const panel = root.querySelector("[data-rule-panel]");
  const marks = [...text.querySelectorAll("mark")];
  let current = -1;

  const marksOf = (ids) => marks.filter((mark) => idsOf(mark, "evidence").some((id) => ids.includes(id)));

  function put(name, elements) {
    root.querySelectorAll("." + name).forEach((element) => element.classList.remove(name));
    elements.forEach((element) => element.classList.add(name));
  }

  function resting(ids) {
    const resters = [...root.querySelectorAll("[data-shows]")];
    return resters.filter((element) => idsOf(element, "shows").some((id) => ids.includes(id)));
  }

  function show(element) {
    const found = marksOf(idsOf(element, "shows"));
    put("kept", [...found, element]);
    if (!panel.contains(element)) close(); // the rule that it shows is of other words
    if (found.length) {
      current = marks.indexOf(found[0]);
      found[0].scrollIntoView({ block: "center", behavior: calm() ? "auto" : "smooth" });
    }
  }

  function tell(mark) {
    const ids = idsOf(mark, "evidence");
    current = marks.indexOf(mark);
    put("kept", [...marksOf(ids), ...resting(ids)]);
    panel.replaceChildren(...ids.map(aboutOf).filter(Boolean));
    panel.hidden = false;
  }

  function aboutOf(id) {
    const about = root.querySelector(`li[data-about="${CSS.escape(id)}"]`);
    const shown = document.createElement("div");
    shown.append(...[...about.children].map((child) => child.cloneNode(true)));
    shown.dataset.ruleOf = id;
    return shown;
  }

  function close() {
    panel.hidden = true;
    panel.replaceChildren();
  }

  function name(mark) {
    const rule = (id) => root.querySelector(`li[data-about="${CSS.escape(id)}"] [data-rule]`).textContent;
    mark.title ||= idsOf(mark, "evidence").map(rule).join("\n");
  }

  function clear() {
    put("kept", []);
    put("lit", []);
    close();
  }

  function step(by) {
    if (!marks.length) return;
    current = (current + by + (current < 0 && by < 0 ? 1 : 0) + marks.length) % marks.length;
    marks[current].focus({ preventScroll: true });
    marks[current].scrollIntoView({ block: "center" });
    tell(marks[current]);
  }

  function light(event) {
    const mark = event.target.closest("mark");
    const shower = event.target.closest("[data-shows]");
    if (mark) {
      name(mark);
      put("lit", [...marksOf(idsOf(mark, "evidence")), ...resting(idsOf(mark, "evidence"))]);
    } else if (shower) put("lit", [shower, ...marksOf(idsOf(shower, "shows"))]);
    else put("lit", []);
  }

  function act(event) {
    const mark = event.target.closest("mark");
    const shower = event.target.closest("[data-shows]");
    if (mark) tell(mark);
    else if (shower) show(shower);
  }

  function key(event) {
    if (event.key === "Escape") clear();
    if (event.target.closest("mark") && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      act(event);
    }
  }

  root.addEventListener("mouseover", light);
  root.addEventListener("mouseleave", () => put("lit", []));
  root.addEventListener("focusin", light);
  root.addEventListener("click", act);
  root.addEventListener("keydown", key);
  return { next: () => step(1), previous: () => step(-1), clear };
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
