// The queue of a report and the note that is open. Everything it needs is in the page.

const PAGE = 100; // rows that are put up at a time

const rows = JSON.parse(document.getElementById("queue").textContent);
const list = document.querySelector("[data-rows]");
const more = document.querySelector("[data-more]");
const place = document.querySelector("[data-open]");
const find = document.getElementById("find");
const filters = new Map(); // of each facet the values that are wanted
let matching = rows.map((_, index) => index);
let open = -1;
let linked = null;

function start() {
  document.querySelectorAll("button[data-facet]").forEach((button) => button.addEventListener("click", toggle));
  document.querySelector("[data-clear]").addEventListener("click", clearFilters);
  document.querySelector("[data-help-button]").addEventListener("click", help);
  find.addEventListener("input", filter);
  more.addEventListener("click", putRows);
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && putRows()).observe(more);
  document.addEventListener("keydown", travel);
  window.addEventListener("hashchange", follow);
  filter();
  follow();
}

// The queue

function toggle(event) {
  const { facet, value } = event.currentTarget.dataset;
  const wanted = filters.get(facet) || new Set();
  if (!wanted.delete(value)) wanted.add(value);
  filters.set(facet, wanted);
  event.currentTarget.setAttribute("aria-pressed", String(wanted.has(value)));
  filter();
}

function clearFilters() {
  filters.clear();
  find.value = "";
  document.querySelectorAll("button[data-facet]").forEach((button) => button.setAttribute("aria-pressed", "false"));
  filter();
}

function filter() {
  const part = find.value.trim().toLowerCase();
  const wanted = [...filters].filter(([, values]) => values.size);
  const fits = (row) =>
    row.id.toLowerCase().includes(part) &&
    wanted.every(([facet, values]) => row[facet].some((value) => values.has(value)));
  matching = rows.map((_, index) => index).filter((index) => fits(rows[index]));
  document.querySelector("[data-shown]").textContent = `${matching.length} of ${rows.length} notes`;
  document.querySelector("[data-clear]").hidden = !wanted.length && !part;
  list.replaceChildren();
  putRows();
}

function putRows() {
  const from = list.children.length;
  list.append(...matching.slice(from, from + PAGE).map(rowOf));
  more.hidden = list.children.length >= matching.length;
}

function rowOf(index) {
  const row = rows[index];
  const link = made("a", { href: `#note=${encodeURIComponent(row.id)}` });
  link.dataset.index = index;
  const codes = row.codes.join(" ") || "no code";
  link.append(made("bdi", { textContent: row.id }), badgeOf(row.decision[0]), made("span", { textContent: codes }));
  const why = row.reason.map((reason) => reason.replaceAll("_", " ")).join(", ");
  if (why) link.append(made("small", { textContent: why }));
  if (index === open) link.setAttribute("aria-current", "true");
  const item = made("li", {});
  item.append(link);
  return item;
}

function badgeOf(decision) {
  const badge = made("span", { className: "badge", textContent: decision });
  badge.dataset.decision = decision;
  return badge;
}

function made(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

// The open note

/** Open the note that the address names, or the first of the queue. */
function follow() {
  const named = location.hash.startsWith("#note=") ? decoded(location.hash.slice("#note=".length)) : null;
  const index = named === null ? 0 : rows.findIndex((row) => row.id === named);
  if (index >= 0 && index < rows.length) show(index).then(() => named !== null && bring());
  else if (rows.length) place.replaceChildren(made("p", { className: "empty", textContent: "There is no such note." }));
}

/** The head of the open note into sight, where it is not there: after a long note, or on a narrow screen. */
function bring() {
  const top = place.getBoundingClientRect().top;
  if (top < 0 || top > window.innerHeight * 0.7) place.scrollIntoView();
}

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function show(index) {
  if (index === open) return;
  open = index;
  list.querySelectorAll("[aria-current]").forEach((link) => link.removeAttribute("aria-current"));
  const link = list.querySelector(`a[data-index="${index}"]`);
  if (link) link.setAttribute("aria-current", "true");
  const html = await unpacked(await packed(index));
  if (index !== open) return; // another one was opened meanwhile
  place.innerHTML = html; // escaped when it was made, and the policy of the page lets no script of it run
  linked = linkNote(place.firstElementChild);
  document.title = `${rows[index].id} · review`;
}

/** The view of a note as it is stored. While the page is being loaded, it may not be there yet. */
async function packed(index) {
  const stored = () => document.getElementById(`view-${index}`);
  if (document.readyState === "loading" && (!stored() || !stored().nextElementSibling)) {
    await new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
  }
  return stored().textContent;
}

async function unpacked(stored) {
  const bytes = Uint8Array.from(atob(stored), (character) => character.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
}

// Keys

function travel(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, dialog")) return;
  const does = {
    j: () => move(1),
    k: () => move(-1),
    n: () => linked && linked.next(),
    p: () => linked && linked.previous(),
    "/": () => find.focus(),
    "?": help,
    Escape: () => linked && linked.clear(),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
}

/** To the next note that fits the filters, or the one before. */
function move(by) {
  const here = matching.indexOf(open);
  const there = here < 0 ? 0 : here + by;
  if (there < 0 || there >= matching.length) return;
  while (there >= list.children.length) putRows();
  const link = list.children[there].firstElementChild;
  link.focus({ preventScroll: true });
  link.scrollIntoView({ block: "nearest" });
  location.hash = link.hash;
  follow(); // at once, so that a key pressed twice goes two notes on
}

function help() {
  document.querySelector("[data-help]").showModal();
}

start();
