// The review queue in a notebook. What holds is what Python has kept: this file asks and shows the answer.

const KEYS = { a: "accept", r: "reject", u: "undo", j: "next", n: "next", k: "previous", p: "previous" };
const DONE = { accept: "accepted", reject: "rejected" };
const PATIENCE = 8000;
const UNANSWERED = "No answer yet: nothing is kept until Python answers. Is the kernel running?";
const STALE = "stale: the note or its record has changed since";

const inWords = (word) => String(word).replaceAll("_", " ");
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
const points = (text) => Array.from(text).length;

function make(tag, props = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = props;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(name === "role" ? name : `aria-${name}`, value);
  made.append(...children.filter((child) => child !== null));
  return made;
}

const button = (text, onclick, props = {}) => make("button", { type: "button", onclick, ...props }, ...[text].flat());

function select(choices, value, props = {}) {
  const option = ([each, words]) =>
    make("option", { value: JSON.stringify(each), selected: same(each, value) }, words);
  const known = choices.some(([each]) => same(each, value)) ? choices : [[value, inWords(value)], ...choices];
  return make("select", props, ...known.map(option));
}

// ---- the words that are selected, as the note counts them: in code points, though a browser counts in UTF-16 units

function selected(text) {
  const chosen = document.getSelection();
  if (!chosen.rangeCount || chosen.isCollapsed || !chosen.getRangeAt(0).intersectsNode(text)) return null;
  const whole = document.createRange();
  whole.selectNodeContents(text);
  const range = chosen.getRangeAt(0).cloneRange();
  const { START_TO_START, END_TO_END } = Range;
  if (range.compareBoundaryPoints(START_TO_START, whole) < 0) range.setStart(whole.startContainer, whole.startOffset);
  if (range.compareBoundaryPoints(END_TO_END, whole) > 0) range.setEnd(whole.endContainer, whole.endOffset);
  whole.setEnd(range.startContainer, range.startOffset);
  return trimmed(whole.toString(), range.toString());
}

function trimmed(before, words) {
  const start = points(before) + points(words) - points(words.trimStart());
  return words.trim() ? { start, end: start + points(words.trim()), words: words.trim() } : null;
}

// ---- the fields that can be corrected

const INPUTS = {
  one(form) {
    const input = select(form.choices, form.value, { ariaLabel: form.title });
    return [input, () => JSON.parse(input.value)];
  },
  many(form) {
    const boxes = form.choices.map(([value, words]) => [value, box(words, form.value.includes(value))]);
    const read = () => boxes.filter(([, each]) => each.input.checked).map(([value]) => value);
    const long = form.choices.some(([, words]) => words.length > 28);
    const labels = boxes.map(([, each]) => each.label);
    return [make("div", { className: long ? "rq-boxes rq-long" : "rq-boxes" }, ...labels), read];
  },
  codes(form) {
    const rows = make("div", { className: "rq-codes" });
    const readers = new Map();
    const add = (code) => {
      const [row, read] = codeRow(form, code, () => (readers.delete(row), row.remove()));
      readers.set(row, read);
      rows.append(row);
      return row;
    };
    form.value.forEach(add);
    const first = { code: form.choices[0][0], units: 1, modifiers: [] };
    const more = button("Add a code", () => add(first).querySelector("select").focus());
    return [make("div", {}, rows, more), () => [...readers.values()].map((read) => read())];
  },
};

function box(words, checked) {
  const input = make("input", { type: "checkbox", checked });
  return { input, label: make("label", {}, input, words) };
}

function codeRow(form, code, remove) {
  const number = select(form.choices, code.code, { ariaLabel: "Code" });
  const units = make("input", { type: "number", min: 1, max: 20, value: code.units, ariaLabel: "Units" });
  const boxes = form.modifiers.map((each) => [each, box(each, code.modifiers.includes(each))]);
  const labels = boxes.map(([, each]) => each.label);
  const modifiers = make("span", { aria: { role: "group", label: "Modifiers" } }, ...labels);
  const row = make("div", { className: "rq-code" }, number, make("label", {}, "units ", units), modifiers);
  row.append(button("Remove", remove));
  const read = () => ({
    code: JSON.parse(number.value),
    units: Number(units.value),
    modifiers: boxes.filter(([, each]) => each.input.checked).map(([value]) => value),
  });
  return [row, read];
}

function fieldForm(form, correct) {
  const [input, read] = INPUTS[form.kind](form);
  const save = button("Save", () => correct(form.field, read()), { ariaLabel: `Save ${form.title}` });
  const mark = form.corrected ? make("span", { className: "rq-mark" }, "corrected") : null;
  const summary = make("summary", {}, make("b", {}, form.title), " ", make("span", {}, form.said), mark);
  const made = make("details", { className: "rq-field", data: { field: form.field } }, summary, input, save);
  made.addEventListener("toggle", () => reveal(input));
  return made;
}

function reveal(input) {
  const first = input.querySelector(":scope > label > :checked");
  if (first) input.scrollTop = first.parentElement.offsetTop - first.parentElement.offsetHeight;
}

function swap(before, made) {
  const held = before.contains(document.activeElement);
  before.replaceWith(made);
  if (held) made.querySelector("summary").focus();
}

// ---- the widget

const GROUPS = ["Findings", "The operation", "Events"];

const ANSWERS = {
  queue: (queue, message) => queue.fillList(message),
  note: (queue, message) => queue.show(message),
  refused: (queue, message) => queue.refused(message),
};

class Queue {
  constructor(model, el) {
    Object.assign(this, { model, note: null, chosen: null, end: new AbortController() });
    Object.assign(this, { rows: new Map(), forms: new Map(), groups: new Map() });
    this.parts();
    this.root.hidden = true;
    this.still = make("div", { className: "rq-still", innerHTML: model.get("still") });
    el.append(this.still, this.root);
    this.root.addEventListener("keydown", (event) => this.key(event));
    document.addEventListener("selectionchange", () => this.choose(), { signal: this.end.signal });
    this.theme();
    model.on("msg:custom", (this.hear = (message) => ANSWERS[message.kind](this, message)));
    this.ask("open");
  }

  close() {
    this.end.abort();
    this.watch.disconnect();
    clearTimeout(this.waiting);
    this.model.off("msg:custom", this.hear);
  }

  parts() {
    const act = (name, text, key) =>
      button([text, make("kbd", { aria: { hidden: true } }, key)], () => this.ask(name), {
        data: { act: name },
        aria: { keyshortcuts: key },
      });
    this.bar = make("progress", { max: 1, value: 0, aria: { label: "Notes done" } });
    this.counts = make("span", { className: "rq-counts" });
    this.list = make("ol", {});
    this.heading = make("h2", { tabIndex: -1 });
    this.why = make("p", { className: "rq-reason" });
    this.pane = make("div", { className: "rq-note", tabIndex: 0, aria: { role: "group", label: "Note" } });
    this.fields = make("div", { className: "rq-fields" });
    this.history = make("ol", { className: "rq-history" });
    this.message = make("p", { className: "rq-message", aria: { role: "status", live: "polite" } });
    const buttons = make(
      "div", { className: "rq-buttons", aria: { role: "group", label: "Verdict and travel" } },
      act("accept", "Accept", "a"), act("reject", "Reject", "r"), act("undo", "Undo", "u"),
      act("previous", "Previous", "p"), act("next", "Next", "n"),
    );
    const side = make(
      "div", { className: "rq-side" }, this.section("Add missed words", this.spanForm()),
      this.section("Comment", this.commentForm()), this.section("History", this.history),
    );
    const work = make("div", { className: "rq-work" }, this.section("Correct", this.fields), side);
    const head = make("div", { className: "rq-head" }, this.heading, buttons, this.message);
    const columns = make("div", { className: "rq-columns" }, this.pane, work);
    const main = make("div", { className: "rq-main" }, head, this.why, columns);
    const queue = make("nav", { className: "rq-queue", aria: { label: "Queue" } }, this.list);
    const aria = { role: "region", label: "Review queue" };
    this.root = make(
      "div", { className: "rq", tabIndex: -1, data: { lmSuppressShortcuts: "true" }, aria },
      make("div", { className: "rq-progress" }, this.bar, this.counts),
      make("div", { className: "rq-body" }, queue, main),
    );
  }

  section(title, ...content) {
    return make("section", { aria: { label: title } }, make("h3", {}, title), ...content);
  }

  spanForm() {
    this.words = make("output", { className: "rq-words", aria: { label: "Selected words" } });
    this.label = make("select", { ariaLabel: "Label of the words" });
    const aria = { label: "Find words in the note" };
    this.sought = make("input", { type: "text", placeholder: "words of the note", aria });
    this.add = button("Add", () => this.ask("add_span", "", { ...this.chosen, label: this.label.value }));
    const find = make("form", { className: "rq-line" }, this.sought, make("button", { type: "submit" }, "Find"));
    find.onsubmit = (event) => (event.preventDefault(), this.find());
    const way = "Select words in the note, or find them; then say what they show.";
    const hint = make("p", { className: "rq-hint" }, way);
    const choice = make("div", { className: "rq-line" }, this.label, this.add);
    this.spans = make("ul", { className: "rq-spans" });
    return make("div", {}, hint, find, this.words, choice, this.spans);
  }

  commentForm() {
    const text = make("textarea", { rows: 2, aria: { label: "Comment" } });
    const keep = () => text.value.trim() && (this.ask("comment", "", text.value.trim()), (text.value = ""));
    this.comments = make("ul", { className: "rq-comments" });
    return make("div", {}, text, button("Keep", keep, { aria: { label: "Keep comment" } }), this.comments);
  }

  theme() {
    const body = document.body;
    const show = () => {
      const light = body.dataset.jpThemeLight ?? String(!matchMedia("(prefers-color-scheme: dark)").matches);
      this.root.dataset.theme = light === "false" ? "dark" : "light";
    };
    this.watch = new MutationObserver(show);
    this.watch.observe(body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    show();
  }

  // ---- asking

  ask(act, field = "", value = null, note = this.note?.id ?? "") {
    this.root.setAttribute("aria-busy", "true");
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.say(UNANSWERED, true), PATIENCE);
    this.model.send({ act, field, value, note });
  }

  key(event) {
    event.stopPropagation();
    const typing = event.target.closest("input, select, textarea");
    const act = KEYS[event.key];
    if (!act || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.ask(act);
  }

  choose() {
    const text = this.pane.querySelector("[data-note-text]");
    const found = text && selected(text);
    if (found) this.hold(found);
  }

  hold(found) {
    this.chosen = found;
    this.add.disabled = !found;
    this.words.textContent = found ? `“${found.words}” (${found.start} to ${found.end})` : "No words are selected.";
  }

  find() {
    const text = this.pane.querySelector("[data-note-text]");
    const [whole, sought] = [text.textContent, this.sought.value];
    const from = this.chosen ? Array.from(whole).slice(0, this.chosen.start + 1).join("").length : 0;
    const next = whole.indexOf(sought, from);
    const at = next < 0 ? whole.indexOf(sought) : next;
    if (!sought.trim() || at < 0) return this.say("These words are not in the note, written like this.", true);
    this.mark(text, at, at + sought.length);
    this.hold(trimmed(whole.slice(0, at), sought));
  }

  mark(text, start, end) {
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    for (let passed = 0, node; (node = walker.nextNode()); passed += node.length) {
      if (start >= passed && start < passed + node.length) range.setStart(node, start - passed);
      if (end > passed && end <= passed + node.length) range.setEnd(node, end - passed);
    }
    document.getSelection().removeAllRanges();
    document.getSelection().addRange(range);
    range.startContainer.parentElement.scrollIntoView({ block: "nearest" });
  }

  // ---- showing the answer: first all rows, then a note for each act

  answered() {
    clearTimeout(this.waiting);
    this.root.setAttribute("aria-busy", "false");
  }

  say(text, error = false) {
    this.message.textContent = text;
    this.message.classList.toggle("rq-error", error);
  }

  refused({ said }) {
    this.answered();
    this.say(said, true);
  }

  fillList({ rows, labels }) {
    this.rows = new Map(rows.map((row) => [row.id, this.row(row)]));
    this.list.replaceChildren(...[...this.rows.values()].map((row) => row.item));
    const option = ([value, words]) => make("option", { value }, words);
    const group = ([name, values]) => make("optgroup", { label: inWords(name) }, ...values.map(option));
    this.label.replaceChildren(...labels.map(group));
  }

  row(row) {
    const go = button("", () => this.ask("go", "", null, row.id), { className: "rq-row" });
    const made = { item: make("li", {}, go), go };
    this.fill(made, row);
    return made;
  }

  fill({ go }, row) {
    const mark = (text, kind) => (text ? make("span", { className: `rq-mark rq-${kind}` }, text) : null);
    const why = make("span", { className: "rq-why" }, row.why);
    go.replaceChildren(
      make("span", { className: "rq-id" }, row.id), mark(row.decision, row.decision),
      ...[mark(DONE[row.done], row.done), mark(row.stale && "stale", "stale"), row.why ? why : null].filter(Boolean),
    );
  }

  show({ note, row, progress, said }) {
    this.answered();
    this.still.remove();
    this.root.hidden = false;
    const moved = this.note?.id !== note.id;
    const held = this.focused();
    this.fill(this.rows.get(row.id), row);
    this.travel(row.id);
    this.bar.max = progress.total || 1;
    this.bar.value = progress.done;
    this.counts.textContent = progress.text;
    this.open(note, moved);
    this.say(said);
    if (moved && held) this.heading.focus({ preventScroll: true });
  }

  focused() {
    return this.root.contains(document.activeElement);
  }

  travel(id) {
    for (const { go } of this.rows.values()) go.removeAttribute("aria-current");
    const { item, go } = this.rows.get(id);
    go.setAttribute("aria-current", "true");
    this.list.scrollTop = Math.min(this.list.scrollTop, item.offsetTop);
    this.list.scrollTop = Math.max(this.list.scrollTop, item.offsetTop + item.offsetHeight - this.list.clientHeight);
  }

  open(note, moved) {
    this.note = note;
    this.heading.textContent = note.place;
    this.why.textContent = note.why;
    if (moved) {
      this.pane.innerHTML = note.html;
      this.pane.scrollTop = 0;
      linkNote(this.pane.firstElementChild);
    }
    if (moved || note.spans.length !== this.spans.childElementCount) this.hold(null);
    this.showForms(note.forms, moved);
    const items = (lines) => lines.map((line) => make("li", {}, line));
    this.spans.replaceChildren(...items(note.spans));
    this.comments.replaceChildren(...items(note.comments));
    this.history.replaceChildren(...note.history.map((line) => this.line(line)));
  }

  // A form whose value did not change stays as it is, with what was begun in it.
  showForms(forms, moved) {
    if (moved) this.forms.clear();
    if (moved) this.fields.replaceChildren(...GROUPS.map((name) => this.group(name)));
    for (const form of forms) {
      const before = this.forms.get(form.field);
      if (before && same(before.form, form)) continue;
      const made = fieldForm(form, (field, value) => this.ask("correct", field, value));
      this.forms.set(form.field, { form, made });
      before ? swap(before.made, made) : this.groups.get(form.group).append(made);
    }
  }

  group(name) {
    const open = this.groups.get(name)?.open ?? name === GROUPS[0];
    this.groups.set(name, make("details", { className: "rq-group", open }, make("summary", {}, name)));
    return this.groups.get(name);
  }

  line({ text, stale, undone }) {
    const gone = stale ? STALE : undone ? "taken back" : "";
    if (!gone) return make("li", {}, text);
    return make("li", { className: "rq-gone" }, text, make("span", { className: "rq-mark rq-stale" }, gone));
  }
}

export default {
  render({ model, el }) {
    const queue = new Queue(model, el);
    return () => queue.close();
  },
};
